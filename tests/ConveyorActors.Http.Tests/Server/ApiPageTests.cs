using System.Text.RegularExpressions;
using ConveyorActors.Http.Tests.Dashboard;
using ConveyorActors.Http.Tests.OpenApi;

namespace ConveyorActors.Http.Tests.Server;

/// <summary>The page that shows the description of the API.</summary>
public sealed class ApiPageTests(Chromium chromium) : IClassFixture<Chromium>
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
    public async Task The_page_runs_only_scripts_of_this_server_and_its_own()
    {
        await using var serving = await Serving.StartAsync();

        using var first = await serving.Client.GetAsync("/docs/");
        using var second = await serving.Client.GetAsync("/docs/");

        var policy = first.Headers.GetValues("Content-Security-Policy").Single();
        var script = policy.Split("; ").Single(p => p.StartsWith("script-src ", StringComparison.Ordinal));
        var nonce = Regex.Match(script, "^script-src 'self' 'nonce-([^']{20,})'$").Groups[1].Value;
        Assert.Contains($"nonce=\"{nonce}\"", await first.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.NotEqual(policy, second.Headers.GetValues("Content-Security-Policy").Single());
        Assert.StartsWith("default-src 'none';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("://", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_the_page_does_not_have_is_named()
    {
        await using var serving = await Serving.StartAsync();

        foreach (var name in (string[])["none.js", "v2", "scalar.js/none"])
            await Serving.ProblemAsync(await serving.Client.GetAsync($"/docs/{name}"), 404, "not-found");
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

    [BrowserFact]
    public async Task The_page_shows_every_operation_and_no_advertising()
    {
        await using var serving = await Serving.StartAsync(change: o => o with { ApiKey = Key });
        var api = await DescribedApi.ReadAsync(serving.Client);
        await using var browser = await chromium.OpenAsync();

        await browser.Page.GotoAsync(new Uri(serving.Server.Address, "/docs").ToString());

        await browser.SeesAsync("h1", "ConveyorActors HTTP API");
        await browser.SeesAsync("aside", "Prometheus");
        Assert.Equal("ConveyorActors HTTP API", await browser.Page.TitleAsync());
        var aside = KeepLetters(await browser.Page.InnerTextAsync("aside"));
        foreach (var operation in api.Operations)
            Assert.Contains(KeepLetters(operation.Description.Text("summary")!), aside, StringComparison.Ordinal);
        await CheckAsync(serving, browser);
        Assert.Contains(browser.Requested, url => url.EndsWith("/openapi/v1.json", StringComparison.Ordinal));
    }

    [BrowserFact]
    public async Task A_request_can_be_sent_from_the_page()
    {
        await using var serving = await Serving.StartAsync();
        await using var browser = await chromium.OpenAsync();

        await browser.Page.GotoAsync(new Uri(serving.Server.Address, "/docs/#tag/server/GET/readyz").ToString());
        // The page may still be scrolling, so other operations have a button in view, too.
        await browser.ClickAsync("[id$='GET/readyz'] button:has-text('Test Request'):visible");
        await browser.ClickAsync("button:has-text('Send'):visible");

        await browser.SeesAsync("body", "200 OK");
        Assert.Contains(browser.Requested, url => url.EndsWith("/readyz", StringComparison.Ordinal));
        await CheckAsync(serving, browser);
    }

    static async Task CheckAsync(Serving serving, BrowserPage browser)
    {
        var text = await browser.Page.InnerTextAsync("body");
        foreach (
            var word in (string[])
                ["Developer Tools", "Share", "Generate SDK", "Deploy", "Configure", "Powered by", "Ask AI", "Scalar"]
        )
            Assert.DoesNotContain(word, text, StringComparison.Ordinal);
        Assert.Equal(0, await browser.Page.Locator("a[href*='scalar.com']:visible").CountAsync());
        Assert.All(
            browser.Requested,
            url => Assert.StartsWith(serving.Server.Address.ToString(), url, StringComparison.Ordinal)
        );
    }

    static string KeepLetters(string text) => string.Concat(text.Where(char.IsAsciiLetter));
}
