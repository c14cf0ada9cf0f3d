using System.Text.RegularExpressions;

namespace ConveyorActors.Http.Tests.Server;

/// <summary>The page that shows the description of the API.</summary>
public sealed class ApiPageTests
{
    const string Key = "0123456789abcdef";

    [Fact]
    public async Task The_page_that_shows_the_document_loads_nothing_from_elsewhere()
    {
        await using var serving = await Serving.StartAsync();

        var page = await serving.Client.GetStringAsync("/docs");

        foreach (var source in Regex.Matches(page, "(?:src|href)=\"([^\"]*)\"").Select(m => m.Groups[1].Value))
        {
            Assert.DoesNotContain("//", source, StringComparison.Ordinal);
            using var reply = await serving.Client.GetAsync(new Uri(new Uri(serving.Server.Address, "/docs/"), source));
            Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        }
        Assert.DoesNotContain("cdn", page, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_page_and_the_document_are_available_without_the_key_and_the_data_are_not()
    {
        await using var serving = await Serving.StartAsync(change: o => o with { ApiKey = Key });

        foreach (
            var path in (string[])
                ["/docs", "/docs/", "/docs/scalar.js", "/docs/scalar.aspnetcore.js", "/openapi/v1.json"]
        )
            Assert.Equal(HttpStatusCode.OK, (await serving.Client.GetAsync(path)).StatusCode);
        foreach (var path in (string[])["/v1/stats", "/metrics", "/openapi/v2.json", "/docs.json"])
            await Serving.ProblemAsync(await serving.Client.GetAsync(path), 401, "no-key");
    }
}
