using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

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
}
