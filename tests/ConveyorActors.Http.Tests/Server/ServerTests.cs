using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConveyorActors.Http.Server;
using ConveyorActors.Http.Tests.Faults;

namespace ConveyorActors.Http.Tests.Server;

/// <summary>What a server has besides the API.</summary>
public sealed class ServerTests
{
    [Fact]
    public async Task Health_checks_report_liveness_and_readiness()
    {
        var readiness = new Readiness { Reason = "a backlog loads" };
        await using var serving = await Serving.StartAsync(change: o => o with { Readiness = readiness });

        using var loading = await serving.Client.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.OK, (await serving.Client.GetAsync("/healthz")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, loading.StatusCode);
        Assert.Equal("""{"ready":false,"reason":"a backlog loads"}""", await loading.Content.ReadAsStringAsync());
        readiness.Reason = null;
        Assert.Equal("""{"ready":true}""", await serving.Client.GetStringAsync("/readyz"));
    }

    [Fact]
    public async Task Metrics_have_the_numbers_of_every_level_in_the_Prometheus_format()
    {
        await using var serving = await Serving.StartAsync();
        await Serving.OkAsync(await serving.OfferAsync("1\n2\n3", query: "source=metered"));

        var metrics = await serving.Client.GetStringAsync("/metrics");

        Assert.Contains(
            metrics.Split('\n'),
            l =>
                l.StartsWith("conveyor_buffered", StringComparison.Ordinal)
                && l.Contains("source=\"metered\"", StringComparison.Ordinal)
                && l.Split(' ')[1] == "3"
        );
        Assert.Contains(
            metrics.Split('\n'),
            l =>
                l.StartsWith("conveyor_accepted", StringComparison.Ordinal)
                && l.Contains("stage=\"parse\"", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Metrics_of_a_pipeline_stay_when_another_pipeline_stops()
    {
        await using var serving = await Serving.StartAsync();
        foreach (var pipeline in new[] { "stays", "stops" })
            await Serving.OkAsync(
                await serving.Client.PostAsync(
                    $"/v1/pipelines/{pipeline}/stages/parse/records?source=web",
                    new StringContent("1")
                )
            );
        Assert.Equal((true, true), await PublishedAsync());

        await serving.Service.StopAsync("stops", TimeSpan.Zero);

        for (var scrape = 0; scrape < 3; scrape++)
            Assert.Equal((true, false), await PublishedAsync());

        async Task<(bool Stays, bool Stops)> PublishedAsync()
        {
            var lines = (await serving.Client.GetStringAsync("/metrics")).Split('\n');
            bool Has(string pipeline) =>
                lines.Any(l =>
                    l.StartsWith("conveyor_offered", StringComparison.Ordinal)
                    && l.Contains($"pipeline=\"{pipeline}\"", StringComparison.Ordinal)
                );
            return (Has("stays"), Has("stops"));
        }
    }

    [Fact]
    public async Task Every_resource_is_in_the_document_that_describes_the_API()
    {
        await using var serving = await Serving.StartAsync();

        var paths = (await Serving.OkAsync(await serving.Client.GetAsync("/openapi/v1.json")))
            .GetProperty("paths")
            .EnumerateObject()
            .Select(p => p.Name)
            .ToArray();

        Assert.Equal(
            [
                "/v1/audit",
                "/v1/events",
                "/v1/leases/{lease}/complete",
                "/v1/leases/{lease}/dead-letter",
                "/v1/leases/{lease}/extend",
                "/v1/leases/{lease}/return",
                "/v1/limits",
                "/v1/pipelines",
                "/v1/pipelines/{pipeline}/drain",
                "/v1/pipelines/{pipeline}/pause",
                "/v1/pipelines/{pipeline}/resume",
                "/v1/pipelines/{pipeline}/sources",
                "/v1/pipelines/{pipeline}/stages",
                "/v1/pipelines/{pipeline}/stages/{stage}/dead-letters",
                "/v1/pipelines/{pipeline}/stages/{stage}/leases",
                "/v1/pipelines/{pipeline}/stages/{stage}/peek",
                "/v1/pipelines/{pipeline}/stages/{stage}/records",
                "/v1/sources/{source}/credits",
                "/v1/sources/{source}/credits/{credit}",
                "/v1/stats",
                "/v1/why/{source}",
            ],
            paths.Where(p => p.StartsWith("/v1/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task With_a_certificate_it_speaks_TLS()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(
            TimeProvider.System.GetUtcNow().AddDays(-1),
            TimeProvider.System.GetUtcNow().AddDays(1)
        );
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        await using var serving = await Serving.StartAsync(change: o => o with { Certificate = certificate });
        using var client = new HttpClient(
            new SocketsHttpHandler
            {
                UseProxy = false,
                SslOptions = new SslClientAuthenticationOptions
                {
                    RemoteCertificateValidationCallback = (_, shown, _, _) =>
                        shown!.GetCertHashString() == certificate.GetCertHashString(),
                },
            }
        );

        Assert.Equal("https", serving.Server.Address.Scheme);
        Assert.Equal(
            HttpStatusCode.OK,
            (await client.GetAsync(new Uri(serving.Server.Address, "/v1/pipelines"))).StatusCode
        );
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    [InlineData("/metrics")]
    [InlineData("/")]
    [InlineData("/dashboard/style.css")]
    public async Task HEAD_has_the_reply_of_GET_without_its_body(string path)
    {
        await using var serving = await Serving.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, path);

        using var reply = await serving.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        Assert.Empty(await reply.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n", 400)]
    [InlineData("GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400)]
    [InlineData("GET /8200 HTTP/1.1\r\nHost: localhost\r\n\r\n", 414)]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nX: 33000\r\n\r\n", 431)]
    public async Task Requests_that_are_not_valid_HTTP_are_refused_without_a_body(string request, int status)
    {
        await using var serving = await Serving.StartAsync();
        using var client = await RawClient.ConnectAsync(serving);
        foreach (var length in (int[])[8200, 33000])
            request = request.Replace($"{length}", new('x', length), StringComparison.Ordinal);

        await client.SendAsync(request);
        var reply = await client.ReadAsync();

        Assert.StartsWith($"HTTP/1.1 {status} ", reply, StringComparison.Ordinal);
        Assert.Contains("Content-Length: 0\r\n", reply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_asterisk_is_named_that_is_no_resource()
    {
        await using var serving = await Serving.StartAsync();
        using var client = await RawClient.ConnectAsync(serving);

        await client.SendAsync("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n");

        Assert.Contains(
            "'*' does not take OPTIONS; it must be GET, HEAD",
            await client.ReadAsync("}"),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("DELETE", "/v1/pipelines", 405, "method-not-allowed")]
    [InlineData("GET", "/nothing", 404, "not-found")]
    [InlineData("POST", "/healthz", 405, "method-not-allowed")]
    [InlineData("POST", "/readyz", 405, "method-not-allowed")]
    [InlineData("POST", "/metrics", 405, "method-not-allowed")]
    [InlineData("DELETE", "/", 405, "method-not-allowed")]
    public async Task Unknown_resources_are_refused_with_problem_details(
        string method,
        string path,
        int status,
        string kind
    )
    {
        await using var serving = await Serving.StartAsync();
        using var request = new HttpRequestMessage(new(method), path);

        await Serving.ProblemAsync(await serving.Client.SendAsync(request), status, kind);
    }
}
