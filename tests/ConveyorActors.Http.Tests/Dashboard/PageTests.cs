using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace ConveyorActors.Http.Tests.Dashboard;

/// <summary>How the page and its files are served.</summary>
public sealed class PageTests
{
    [Fact]
    public async Task The_page_lets_scripts_and_styles_come_from_the_server_only()
    {
        await using var serving = await Serving.StartAsync();

        using var reply = await serving.Client.GetAsync("/");

        var page = await reply.Content.ReadAsStringAsync();
        Assert.Equal("text/html", reply.Content.Headers.ContentType?.MediaType);
        var policy = reply.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("://", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("app.js", "text/javascript")]
    [InlineData("style.css", "text/css")]
    [InlineData("icon.svg", "image/svg+xml")]
    public async Task The_files_of_the_page_are_sent_again_only_when_they_have_changed(string name, string type)
    {
        await using var serving = await Serving.StartAsync();

        using var first = await serving.Client.GetAsync($"/dashboard/{name}");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/dashboard/{name}");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var second = await serving.Client.SendAsync(request);

        Assert.Equal((HttpStatusCode.OK, type), (first.StatusCode, first.Content.Headers.ContentType?.MediaType));
        Assert.Equal("nosniff", first.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    [Fact]
    public async Task Every_imported_module_exists()
    {
        await using var serving = await Serving.StartAsync();
        var (open, known) = (new Queue<string>(["app.js"]), new HashSet<string>(["app.js"]));
        while (open.TryDequeue(out var name))
        {
            var text = await serving.Client.GetStringAsync($"/dashboard/{name}");
            Assert.DoesNotContain("innerHTML", text, StringComparison.Ordinal);
            foreach (var import in text.Split('\n').Where(l => l.StartsWith("import ", StringComparison.Ordinal)))
                if (known.Add(import.Split("\"./")[1].Split('"')[0]))
                    open.Enqueue(import.Split("\"./")[1].Split('"')[0]);
        }
        Assert.True(known.Count > 10);
    }

    [Fact]
    public async Task The_page_is_available_without_the_key_and_from_links_on_other_sites()
    {
        await using var serving = await Serving.StartAsync(change: o => o with { ApiKey = "0123456789abcdef" });

        foreach (
            var (path, status) in ((string, HttpStatusCode)[])
                [
                    ("/", HttpStatusCode.OK),
                    ("/dashboard/app.js", HttpStatusCode.OK),
                    ("/v1/stats", HttpStatusCode.Forbidden),
                ]
        )
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("Sec-Fetch-Site", "cross-site");
            using var reply = await serving.Client.SendAsync(request);
            Assert.Equal(status, reply.StatusCode);
        }
        Assert.Equal(HttpStatusCode.Unauthorized, (await serving.Client.GetAsync("/v1/stats")).StatusCode);
    }

    [Fact]
    public async Task A_file_that_does_not_exist_is_named()
    {
        await using var serving = await Serving.StartAsync();

        var problem = await Serving.ProblemAsync(await serving.Client.GetAsync("/dashboard/none.js"), 404);

        Assert.Equal("the page has no file 'none.js'", problem.Text("detail"));
    }

    [Fact]
    public async Task The_dashboard_can_be_mapped_below_a_path_that_ends_in_a_slash()
    {
        await using var service = new EmbeddedBufferService();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        var group = app.MapGroup("/buffers");
        group.MapConveyor(service);
        group.MapConveyorDashboard();
        await app.StartAsync();
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new(app.Urls.First()),
        };

        using var reply = await client.GetAsync("/buffers");

        Assert.Equal("/buffers/", reply.RequestMessage!.RequestUri!.AbsolutePath);
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/buffers/dashboard/app.js")).StatusCode);
    }
}
