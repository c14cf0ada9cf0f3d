using System.Net.Http.Headers;
using System.Text;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Http.Server;
using ConveyorActors.Http.Tests.OpenApi;

namespace ConveyorActors.Http.Tests;

/// <summary>A server on a free port of this machine, over buffers of its own, and a client of it that refuses replies that are not described.</summary>
sealed class Serving : IAsyncDisposable
{
    public const string JsonLines = "application/x-ndjson";

    /// <summary>Far above what any of these requests takes; one that hangs fails its test.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    Serving(EmbeddedBufferService service, ConveyorServer server)
    {
        (Service, Server) = (service, server);
        Client = new(new DescribedReplies()) { BaseAddress = server.Address, Timeout = Patience };
    }

    public EmbeddedBufferService Service { get; }

    public ConveyorServer Server { get; }

    public HttpClient Client { get; }

    public static async Task<Serving> StartAsync(
        BufferSettings? settings = null,
        ConveyorHttpOptions? api = null,
        IBufferStores? stores = null,
        Func<ConveyorServerOptions, ConveyorServerOptions>? change = null
    )
    {
        var service = new EmbeddedBufferService(stores: stores) { Defaults = settings ?? new() };
        var options = new ConveyorServerOptions { Listen = new(IPAddress.Loopback, 0), Api = api ?? new() };
        return new(service, await ConveyorServer.StartAsync(service, change?.Invoke(options) ?? options));
    }

    public Task<HttpResponseMessage> OfferAsync(
        string body,
        string? type = JsonLines,
        string query = "source=web",
        string stage = "parse"
    ) => OfferAsync(Encoding.UTF8.GetBytes(body), type, query, stage);

    public Task<HttpResponseMessage> OfferAsync(
        byte[] body,
        string? type = JsonLines,
        string query = "source=web",
        string stage = "parse",
        Action<HttpContent>? change = null
    )
    {
        var content = new ByteArrayContent(body);
        if (type is not null)
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        change?.Invoke(content);
        return Client.PostAsync($"/v1/pipelines/orders/stages/{stage}/records?{query}", content);
    }

    public Task<HttpResponseMessage> PostAsync(string path, string json) => Client.PostAsync(path, Json(json));

    public static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    /// <summary>Leases records and returns the reply.</summary>
    public async Task<JsonElement> LeaseAsync(int max = 100, string stage = "parse", int waitMs = 0) =>
        await OkAsync(
            await PostAsync($"/v1/pipelines/orders/stages/{stage}/leases", $$"""{"max":{{max}},"waitMs":{{waitMs}}}""")
        );

    /// <summary>Returns the payloads that wait in a stage.</summary>
    public async Task<string[]> WaitingAsync(string stage = "parse") =>
        [
            .. (await Service.PeekAsync("orders", stage, 100_000)).Select(r =>
                Encoding.UTF8.GetString(r.Record.Payload.Span)
            ),
        ];

    public async Task<PipelineSnapshot> GetSnapshotAsync() => await Service.GetSnapshotAsync("orders");

    public static async Task<JsonElement> OkAsync(HttpResponseMessage reply)
    {
        var text = await reply.Content.ReadAsStringAsync();
        Assert.True(reply.StatusCode == HttpStatusCode.OK, $"{(int)reply.StatusCode}: {text}");
        return Parse(text);
    }

    /// <summary>Returns the problem details of a refusal.</summary>
    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage reply, int status, string? kind = null)
    {
        var text = await reply.Content.ReadAsStringAsync();
        Assert.True((int)reply.StatusCode == status, $"{(int)reply.StatusCode}: {text}");
        Assert.Equal("application/problem+json", reply.Content.Headers.ContentType?.MediaType);
        var problem = Parse(text);
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        Assert.NotEmpty(problem.GetProperty("detail").GetString()!);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", text, StringComparison.Ordinal);
        if (kind is not null)
            Assert.Equal($"urn:conveyor:problem:{kind}", problem.GetProperty("type").GetString());
        return problem;
    }

    static JsonElement Parse(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Server.StopAsync(soon.Token);
        await Server.DisposeAsync();
        await Service.DisposeAsync();
    }
}

static class JsonElementExtensions
{
    public static string? Text(this JsonElement element, string name) => element.GetProperty(name).GetString();

    public static long Number(this JsonElement element, string name) => element.GetProperty(name).GetInt64();

    public static JsonElement[] Items(this JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray()];
}
