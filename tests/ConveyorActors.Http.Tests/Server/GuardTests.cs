using ConveyorActors.Http.Server;

namespace ConveyorActors.Http.Tests.Server;

/// <summary>Whom a server replies to.</summary>
public sealed class GuardTests
{
    const string Key = "a key of some length";

    [Theory]
    [InlineData("localhost:7070", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("[::1]:80", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("buffers.example.org", true)]
    [InlineData("BUFFERS.example.org.", true)]
    [InlineData("evil.example.org", false)]
    [InlineData("127.0.0.1.example.org", false)]
    public async Task A_request_with_the_name_of_another_site_is_refused(string host, bool isServed)
    {
        await using var serving = await Serving.StartAsync(change: o => o with { Hosts = ["buffers.example.org"] });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/pipelines") { Headers = { Host = host } };

        using var reply = await serving.Client.SendAsync(request);

        if (isServed)
            await Serving.OkAsync(reply);
        else
            await Serving.ProblemAsync(reply, 421, "unknown-host");
    }

    [Theory]
    [InlineData("Origin", "https://evil.example.org", false)]
    [InlineData("Origin", "null", false)]
    [InlineData("Origin", "http://127.0.0.1:1", false)]
    [InlineData("Origin", "https://SELF", false)]
    [InlineData("Origin", "http://SELF", true)]
    [InlineData("Sec-Fetch-Site", "cross-site", false)]
    [InlineData("Sec-Fetch-Site", "same-site", false)]
    [InlineData("Sec-Fetch-Site", "same-origin", true)]
    [InlineData("Sec-Fetch-Site", "none", true)]
    public async Task A_page_of_another_origin_cannot_use_the_API(string header, string value, bool isServed)
    {
        await using var serving = await Serving.StartAsync();
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            "/v1/pipelines/orders/stages/parse/records?source=web"
        )
        {
            Content = new StringContent("1"),
        };
        request.Headers.TryAddWithoutValidation(
            header,
            value.Replace("SELF", serving.Server.Address.Authority, StringComparison.Ordinal)
        );

        using var reply = await serving.Client.SendAsync(request);

        if (isServed)
            await Serving.OkAsync(reply);
        else
            await Serving.ProblemAsync(reply, 403, "foreign-origin");
    }

    [Theory]
    [InlineData("cross-site")]
    [InlineData("same-site")]
    public async Task A_page_of_another_site_is_refused_also_if_its_origin_looks_like_the_servers(string site)
    {
        await using var serving = await Serving.StartAsync(change: o => o with { Hosts = ["buffers.example.org"] });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/pipelines")
        {
            Headers = { { "Origin", "http://buffers.example.org" }, { "Sec-Fetch-Site", site } },
        };
        request.Headers.Host = "buffers.example.org";

        await Serving.ProblemAsync(await serving.Client.SendAsync(request), 403, "foreign-origin");
    }

    [Theory]
    [InlineData("buffers.example.org", "https://buffers.example.org", true)]
    [InlineData("buffers.example.org:8443", "https://buffers.example.org:8443", true)]
    [InlineData("buffers.example.org", "http://buffers.example.org", true)]
    [InlineData("buffers.example.org", "https://buffers.example.org:8443", false)]
    [InlineData("buffers.example.org", "https://evil.example.org", false)]
    [InlineData("buffers.example.org", "ftp://buffers.example.org", false)]
    [InlineData("localhost", "https://localhost", false)]
    public async Task A_page_that_comes_through_a_proxy_with_TLS_can_use_the_API(
        string host,
        string origin,
        bool isServed
    )
    {
        await using var serving = await Serving.StartAsync(change: o => o with { Hosts = ["buffers.example.org"] });
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            "/v1/pipelines/orders/stages/parse/records?source=web"
        )
        {
            Content = new StringContent("1"),
            Headers = { { "Origin", origin } },
        };
        request.Headers.Host = host;

        using var reply = await serving.Client.SendAsync(request);

        if (isServed)
            await Serving.OkAsync(reply);
        else
            await Serving.ProblemAsync(reply, 403, "foreign-origin");
    }

    [Theory]
    [InlineData(null, null, false)]
    [InlineData("Authorization", "Bearer " + Key, true)]
    [InlineData("Authorization", "bearer  " + Key, true)]
    [InlineData("X-Api-Key", Key, true)]
    [InlineData("Authorization", "Bearer a key of some lengtH", false)]
    [InlineData("Authorization", "Bearer ", false)]
    [InlineData("Authorization", "Basic YTpi", false)]
    [InlineData("X-Api-Key", "x", false)]
    public async Task Only_requests_with_the_key_are_served(string? header, string? value, bool isServed)
    {
        await using var serving = await Serving.StartAsync(change: o => o with { ApiKey = Key });
        if (header is not null)
            serving.Client.DefaultRequestHeaders.TryAddWithoutValidation(header, value);

        foreach (var path in (string[])["/v1/pipelines", "/metrics", "/nothing"])
        {
            using var reply = await serving.Client.GetAsync(path);
            Assert.Equal(!isServed, reply.StatusCode == HttpStatusCode.Unauthorized);
            if (!isServed)
                await Serving.ProblemAsync(reply, 401, "no-key");
        }
        Assert.Equal(HttpStatusCode.OK, (await serving.Client.GetAsync("/healthz")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await serving.Client.GetAsync("/readyz")).StatusCode);
        using var head = new HttpRequestMessage(HttpMethod.Head, "/");
        Assert.Equal(HttpStatusCode.OK, (await serving.Client.SendAsync(head)).StatusCode);
    }

    [Fact]
    public async Task A_reachable_address_needs_a_key_and_TLS()
    {
        await using var service = new EmbeddedBufferService();
        var anywhere = new ConveyorServerOptions { Listen = new(IPAddress.Any, 0) };

        var noKey = await Assert.ThrowsAsync<ArgumentException>(() => ConveyorServer.StartAsync(service, anywhere));
        var plain = await Assert.ThrowsAsync<ArgumentException>(() =>
            ConveyorServer.StartAsync(service, anywhere with { ApiKey = Key })
        );
        await using var allowed = await ConveyorServer.StartAsync(
            service,
            anywhere with
            {
                ApiKey = Key,
                AllowsPlainHttp = true,
            }
        );

        Assert.Contains("there is no API key", noKey.Message, StringComparison.Ordinal);
        Assert.Contains("with plain HTTP", plain.Message, StringComparison.Ordinal);
    }
}
