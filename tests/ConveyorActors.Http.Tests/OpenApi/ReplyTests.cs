using System.Text;

namespace ConveyorActors.Http.Tests.OpenApi;

/// <summary>The replies in the document are those that the server sends.</summary>
public sealed class ReplyTests
{
    const string Stage = "/v1/pipelines/orders/stages/parse";
    const string Records = Stage + "/records?source=web";

    [Fact]
    public async Task The_reply_of_every_operation_is_described()
    {
        await using var serving = await Serving.StartAsync();
        var api = await DescribedApi.ReadAsync(serving.Client);
        var seen = new HashSet<string>();
        foreach (var path in (string[])["/healthz", "/readyz", "/metrics"])
            await CheckAsync(HttpMethod.Get, path);
        await CheckAsync(HttpMethod.Post, Records, "1\n2\n3\n4");
        await CheckAsync(
            HttpMethod.Post,
            Records + "&body=records",
            """{"id":"a","key":"k","headers":{"h":"v"},"eventTime":"2026-11-27T10:00:00Z","base64":"AP8="}"""
        );
        var credit = await CheckAsync(HttpMethod.Post, "/v1/sources/web/credits", """{"stage":"parse","records":5}""");
        await CheckAsync(HttpMethod.Get, "/v1/sources/web/credits");
        await CheckAsync(HttpMethod.Get, "/v1/sources/web/credits?stage=parse");
        await CheckAsync(HttpMethod.Delete, $"/v1/sources/web/credits/{credit.GetProperty("credit")}?stage=parse");
        await CheckAsync(HttpMethod.Get, Stage + "/peek");
        var lease = (await CheckAsync(HttpMethod.Post, Stage + "/leases", """{"consumer":"loader"}""")).Text("leaseId");
        await CheckAsync(HttpMethod.Post, $"/v1/leases/{lease}/extend");
        await CheckAsync(HttpMethod.Post, $"/v1/leases/{lease}/complete", """{"sequences":[1]}""");
        await CheckAsync(HttpMethod.Post, $"/v1/leases/{lease}/dead-letter", """{"sequences":[2,5]}""");
        await CheckAsync(HttpMethod.Get, Stage + "/dead-letters");
        await CheckAsync(HttpMethod.Post, Stage + "/dead-letters", """{"action":"replay","max":1}""");
        await CheckAsync(HttpMethod.Post, Stage + "/dead-letters", """{"action":"purge"}""");
        await CheckAsync(HttpMethod.Post, $"/v1/leases/{lease}/return", """{"reason":"none","charge":false}""");
        await CheckAsync(HttpMethod.Post, "/v1/pipelines/orders/stages/empty/leases", "");
        foreach (
            var limits in (string[])["""{"maxPerStage":1,"maxTotalBytes":null}""", """{"maxTotalBytes":4000000}"""]
        )
            await CheckAsync(HttpMethod.Put, "/v1/limits?dryRun=true", limits);
        await CheckAsync(HttpMethod.Put, "/v1/limits", """{"maxPerStage":3}""");
        await CheckAsync(HttpMethod.Post, "/v1/pipelines/orders/pause", """{"target":"stage","name":"parse"}""");
        await InspectAsync();
        await CheckAsync(HttpMethod.Post, "/v1/pipelines/orders/resume", """{"target":"stage","name":"parse"}""");
        await CheckAsync(HttpMethod.Post, "/v1/pipelines/orders/drain", """{"deadlineMs":0}""");
        await InspectAsync();

        Assert.Equal(api.Operations.Select(o => o.Id).Except(["StreamEvents"]).Order(), seen.Order());

        async Task InspectAsync()
        {
            foreach (
                var path in (string[])
                    [
                        "pipelines",
                        "pipelines/orders/stages",
                        "pipelines/orders/sources",
                        "stats",
                        "stats?pipeline=orders",
                        "audit",
                        "why/web",
                        "limits",
                    ]
            )
                await CheckAsync(HttpMethod.Get, $"/v1/{path}");
        }

        async Task<JsonElement> CheckAsync(HttpMethod method, string path, string? body = null)
        {
            using var request = new HttpRequestMessage(method, path);
            if (body is not null)
                request.Content = new StringContent(
                    body,
                    Encoding.UTF8,
                    path.Contains("records") ? Serving.JsonLines : "application/json"
                );
            using var reply = await serving.Client.SendAsync(request);
            Assert.True(reply.StatusCode == HttpStatusCode.OK, await reply.Content.ReadAsStringAsync());
            seen.Add((await api.CheckAsync(reply)).Id);
            return reply.Content.Headers.ContentType!.MediaType == "application/json"
                ? await Serving.OkAsync(reply)
                : default;
        }
    }

    [Fact]
    public async Task Tables_and_events_have_the_types_that_are_described()
    {
        await using var serving = await Serving.StartAsync();
        var api = await DescribedApi.ReadAsync(serving.Client);
        using var table = new HttpRequestMessage(HttpMethod.Get, "/v1/pipelines")
        {
            Headers = { { "Accept", "text/plain" } },
        };

        await api.CheckAsync(await serving.Client.SendAsync(table));
        using var events = await serving.Client.GetAsync("/v1/events", HttpCompletionOption.ResponseHeadersRead);

        var described = api
            .Operations.Single(o => o.Id == "StreamEvents")
            .Responses.GetProperty("200")
            .GetProperty("content");
        Assert.Equal(events.Content.Headers.ContentType!.MediaType, described.EnumerateObject().Single().Name);
    }

    public static TheoryData<int, string, string, string, string> Refusals =>
        new()
        {
            { 400, "POST", Records, "1\n{", Serving.JsonLines },
            { 400, "POST", Records, "[1,}", "application/json" },
            { 400, "POST", Records + "&whole=perhaps", "1", "text/plain" },
            { 400, "POST", Stage + "/leases", "[]", "application/json" },
            { 400, "PUT", "/v1/limits", "{}", "application/json" },
            { 404, "GET", "/v1/pipelines/none/stages", "", "" },
            { 404, "GET", "/v1/why/none", "", "" },
            { 404, "GET", "/v1/pipelines/none/stages/parse/peek", "", "" },
            { 404, "DELETE", "/v1/sources/web/credits/x?stage=parse", "", "" },
            { 404, "POST", "/v1/leases/x/complete", "", "" },
            { 409, "POST", "/v1/pipelines/another/stages/parse/records?source=web", "1", "text/plain" },
            { 413, "POST", Records, "a line of text that has more bytes than a record may have", "text/plain" },
            { 413, "POST", Records + "&whole=true", "1\n2\n3\n4\n5", "text/plain" },
            { 415, "POST", Records, "<a/>", "application/xml" },
            { 415, "PUT", "/v1/limits", "{}", "text/plain" },
            { 429, "POST", Records + "&waitMs=0", "1\n2", "text/plain" },
        };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Refusals_are_described(int status, string method, string path, string body, string type)
    {
        await using var serving = await Serving.StartAsync(
            new() { MaxPerStage = 4, MaxPerSource = 4 },
            new() { MaxRecordBytes = 20, MaxPipelines = 1 }
        );
        var api = await DescribedApi.ReadAsync(serving.Client);
        await Serving.OkAsync(await serving.OfferAsync(status == 429 ? "1\n2\n3\n4" : "1"));
        using var request = new HttpRequestMessage(new(method), path);
        if (type.Length > 0)
            request.Content = new StringContent(body, Encoding.UTF8, type);

        using var reply = await serving.Client.SendAsync(request);

        await Serving.ProblemAsync(reply, status);
        await api.CheckAsync(reply);
    }

    [Fact]
    public async Task Refusals_that_depend_on_the_state_are_described()
    {
        var readiness = new Http.Server.Readiness { Reason = "a backlog loads" };
        await using var serving = await Serving.StartAsync(
            api: new() { MaxEventReaders = 1 },
            change: o => o with { Readiness = readiness }
        );
        var api = await DescribedApi.ReadAsync(serving.Client);
        await Serving.OkAsync(await serving.OfferAsync("1"));
        using var events = await serving.Client.GetAsync("/v1/events", HttpCompletionOption.ResponseHeadersRead);

        await CheckAsync(503, new(HttpMethod.Get, "/readyz"));
        await CheckAsync(503, new(HttpMethod.Get, "/v1/events"));
        await CheckAsync(421, new(HttpMethod.Get, "/metrics") { Headers = { Host = "evil.example.org" } });
        await CheckAsync(
            403,
            new(HttpMethod.Get, "/v1/stats") { Headers = { { "Origin", "https://evil.example.org" } } }
        );
        await serving.PostAsync("/v1/pipelines/orders/pause", """{"target":"source","name":"web"}""");
        await CheckAsync(429, new(HttpMethod.Post, Records) { Content = new StringContent("1") });
        await serving.PostAsync("/v1/pipelines/orders/drain", """{"deadlineMs":0}""");
        await CheckAsync(503, new(HttpMethod.Post, Records) { Content = new StringContent("1") });
        await CheckAsync(409, new(HttpMethod.Put, "/v1/limits") { Content = CreateJson("""{"maxPerStage":1}""") });

        async Task CheckAsync(int status, HttpRequestMessage request)
        {
            using var reply = await serving.Client.SendAsync(request);
            Assert.Equal(status, (int)reply.StatusCode);
            await api.CheckAsync(reply);
        }
    }

    [Fact]
    public async Task The_changes_that_a_read_only_server_refuses_are_described()
    {
        await using var serving = await Serving.StartAsync(api: new() { IsReadOnly = true });
        var api = await DescribedApi.ReadAsync(serving.Client);

        using var reply = await serving.Client.PutAsync("/v1/limits", CreateJson("{}"));

        await Serving.ProblemAsync(reply, 403, "read-only");
        Assert.Equal("PlanLimits", (await api.CheckAsync(reply)).Id);
        Assert.DoesNotContain(api.Operations, o => o.Method is "POST" or "DELETE");
    }

    static StringContent CreateJson(string text) => new(text, Encoding.UTF8, "application/json");
}
