using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace ConveyorActors.Http.Tests.Docs;

/// <summary>The API in an application of its user's own.</summary>
public sealed class MappedTests
{
    [Fact]
    public async Task The_API_can_be_mapped_into_any_application_also_below_a_path()
    {
        await using var service = new EmbeddedBufferService();
        // DOCS: map the API
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.MapConveyor(service);                          // using ConveyorActors.Http;
        app.MapGroup("/buffers").MapConveyor(service);     // the same below another path
        await app.StartAsync();
        // END
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new(app.Urls.First()) };

        foreach (var prefix in (string[])["", "/buffers"])
            await Serving.OkAsync(await client.PostAsync($"{prefix}/v1/pipelines/a%2Fb/stages/parse/records?source=web", new StringContent("1")));

        Assert.Equal(["a/b"], await service.GetPipelinesAsync());
        Assert.Equal(2, (await service.GetSnapshotAsync("a/b")).Total.Accepted);
        await app.StopAsync();
    }

    [Fact]
    public async Task A_filter_of_the_application_runs_around_the_whole_request()
    {
        await using var service = new EmbeddedBufferService();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        object? returned = null;
        var wasWritten = false;
        app.MapConveyor(service).AddEndpointFilter(
            async (context, next) =>
            {
                context.HttpContext.Response.Headers["X-Mine"] = "1";
                returned = await next(context);
                wasWritten = context.HttpContext.Response.HasStarted;
                return returned;
            }
        );
        await app.StartAsync();
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new(app.Urls.First()) };

        using var reply = await client.GetAsync("/v1/stats");

        Assert.Equal(["1"], reply.Headers.GetValues("X-Mine"));
        Assert.Equal((Results.Empty, true), (returned, wasWritten));
        await app.StopAsync();
    }
}
