using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using ConveyorActors.Http.Tests.OpenApi;

namespace ConveyorActors.Http.Tests.Properties;

/// <summary>Whatever is sent to the server, it never fails, and what it says it accepted is what is there; its replies are as described.</summary>
public sealed class FuzzTests
{
    const int Workers = 4;

    [Fact]
    public async Task Requests_of_any_kind_never_cause_a_server_error_and_everything_adds_up()
    {
        var seed = Thoroughness.Seed("CONVEYOR_HTTP_SEED");
        var count = Thoroughness.Count("CONVEYOR_HTTP_REQUESTS", 10_000, 100_000);
        await using var serving = await Serving.StartAsync(
            new()
            {
                MaxPerStage = 50,
                MaxPerSource = 30,
                MaxTotalRecords = 100,
                Stage = new()
                {
                    Duplicates = new(),
                    MaxRetries = 1,
                    Backoff = BackoffSettings.None,
                },
            },
            new()
            {
                MaxWait = TimeSpan.FromMilliseconds(5),
                MaxRecordBytes = 200,
                MaxBodyBytes = 5_000,
                MaxWholeBytes = 2_000,
                MaxPipelines = 6,
            }
        );
        // A connection for each request: the server may close one that a client wants to use again, and whether that
        // request was done is not known then.
        using var client = new HttpClient(
            new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero }
        )
        {
            BaseAddress = serving.Server.Address,
            Timeout = Serving.Patience,
        };
        var api = await DescribedApi.ReadAsync(client);
        long accepted = 0;
        var leases = new ConcurrentQueue<string>();

        await Task.WhenAll(
            Enumerable
                .Range(0, Workers)
                .Select(worker =>
                    Task.Run(async () =>
                    {
                        var fuzz = new RequestFuzz(new(seed + worker), leases);
                        for (var i = 0; i < count / Workers; i++)
                        {
                            using var request = fuzz.Next();
                            var shown =
                                $"seed {seed}, worker {worker}, request {i}: {request.Method} {request.RequestUri}";
                            using var reply = await SendAsync(client, request, shown);
                            var text = await reply.Content.ReadAsStringAsync();
                            Assert.True(
                                (int)reply.StatusCode is < 500 or 501 or 503 or 507,
                                $"{shown}: {(int)reply.StatusCode} {text}"
                            );
                            Assert.True(!text.Contains("   at ", StringComparison.Ordinal), $"{shown}: {text}");
                            if (text.Length > 0 && api.Find(reply) is not null)
                                await api.CheckAsync(reply);
                            if (
                                text.Length == 0
                                || reply.Content.Headers.ContentType?.MediaType?.Contains(
                                    "json",
                                    StringComparison.Ordinal
                                ) != true
                            )
                                continue;
                            using var document = JsonDocument.Parse(text);
                            if (
                                request.RequestUri!.OriginalString.Contains("/records", StringComparison.Ordinal)
                                && document.RootElement.TryGetProperty("accepted", out var took)
                                && took.ValueKind == JsonValueKind.Number
                            )
                                Interlocked.Add(ref accepted, took.GetInt64());
                            if (document.RootElement.TryGetProperty("replayed", out var replayed))
                                Interlocked.Add(ref accepted, replayed.GetInt64());
                            if (
                                document.RootElement.TryGetProperty("leaseId", out var lease)
                                && lease.ValueKind == JsonValueKind.String
                            )
                                leases.Enqueue(lease.GetString()!);
                        }
                    })
                )
        );

        long there = 0;
        foreach (var pipeline in await serving.Service.GetPipelinesAsync())
        {
            var snapshot = await serving.Service.GetSnapshotAsync(pipeline);
            Assert.True(snapshot.IsConserved, $"seed {seed}: {pipeline}");
            there += snapshot.Total.Accepted;
        }
        Assert.True(accepted == there, $"seed {seed}: {accepted} were said to be accepted, and {there} were");
        Assert.True(
            (await Serving.OkAsync(await serving.Client.GetAsync("/v1/audit"))).GetProperty("conserved").GetBoolean()
        );
    }

    static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpRequestMessage request, string shown)
    {
        try
        {
            return await client.SendAsync(request);
        }
        catch (HttpRequestException e)
        {
            throw new InvalidOperationException(
                $"{shown}: {request.Content?.Headers} {(request.Content is null ? "" : await request.Content.ReadAsStringAsync())}",
                e
            );
        }
    }

    /// <summary>Makes requests: most of them nearly right, some of them nonsense.</summary>
    sealed class RequestFuzz(Random random, ConcurrentQueue<string> leases)
    {
        static readonly string[] Names =
        [
            "orders",
            "bills",
            "parse",
            "store",
            "web",
            "app",
            "a/b",
            "..",
            "ü🙂",
            "%2F",
            " ",
            "--json",
            "\ud800",
            "",
            new('x', 200),
            new('x', 201),
            "a\u0001b",
        ];

        static readonly string[] Types =
        [
            "application/x-ndjson",
            "application/json",
            "text/plain",
            "application/xml",
            "nonsense",
            "application/json; charset=x",
        ];

        public HttpRequestMessage Next()
        {
            var (method, path) = Target();
            var uri = new Uri(new Uri("http://127.0.0.1/"), path + Query());
            var request = new HttpRequestMessage(
                new(
                    random.Next(20) == 0 ? Of("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "X") : method
                ),
                uri.PathAndQuery
            );
            if (method is "POST" or "PUT")
                request.Content = Content();
            if (random.Next(20) == 0)
                request.Headers.TryAddWithoutValidation(
                    "Idempotency-Key",
                    Of(Number() + Number(), new string('k', 300))
                );
            if (random.Next(20) == 0)
                request.Headers.TryAddWithoutValidation(
                    "traceparent",
                    Of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "nonsense")
                );
            if (random.Next(10) == 0)
                request.Headers.TryAddWithoutValidation("Accept", Of("text/plain", "application/json", "*/*", "x"));
            return request;
        }

        (string Method, string Path) Target() =>
            random.Next(21) switch
            {
                < 6 => ("POST", $"/v1/pipelines/{Name()}/stages/{Name()}/records"),
                6 or 7 => ("POST", $"/v1/pipelines/{Name()}/stages/{Name()}/leases"),
                8 or 9 => ("POST", $"/v1/leases/{Lease()}/{Of("complete", "return", "dead-letter", "extend")}"),
                10 => ("GET", $"/v1/pipelines/{Name()}/stages/{Name()}/{Of("peek", "dead-letters")}"),
                11 => ("POST", $"/v1/pipelines/{Name()}/stages/{Name()}/dead-letters"),
                12 => ("POST", $"/v1/sources/{Name()}/credits"),
                13 => ("DELETE", $"/v1/sources/{Name()}/credits/{Number()}"),
                14 => (
                    "GET",
                    Of(
                        "/v1/stats",
                        "/v1/audit",
                        "/v1/limits",
                        "/v1/pipelines",
                        $"/v1/why/{Name()}",
                        $"/v1/sources/{Name()}/credits"
                    )
                ),
                15 => ("PUT", "/v1/limits"),
                16 => ("POST", $"/v1/pipelines/{Name()}/{Of("pause", "resume")}"),
                17 => ("GET", $"/v1/pipelines/{Name()}/{Of("stages", "sources")}"),
                18 when random.Next(200) == 0 => ("POST", $"/v1/pipelines/{Name()}/drain"),
                _ => (
                    Of("GET", "POST"),
                    Of(
                        "/v1",
                        "/v1/pipelines/",
                        "/healthz",
                        "/readyz",
                        "/openapi/v1.json",
                        "/v1/%",
                        "/%ff",
                        "/v1//pipelines",
                        "/v1/pipelines/a/stages/b/records/c"
                    )
                ),
            };

        string Query()
        {
            if (random.Next(3) == 0)
                return "?source=web";
            var query = new List<string>();
            for (var i = random.Next(4); i > 0; i--)
                query.Add(
                    $"{Of("source", "source", "source", "ack", "body", "idField", "whole", "credit", "waitMs", "pipeline", "stage", "dryRun", "max", "nonsense")}={Of("web", "app", "true", "false", "records", "payloads", "persisted", "id", Number(), Name(), "%00", "%", "")}"
                );
            return query.Count == 0 ? "" : "?" + string.Join('&', query);
        }

        ByteArrayContent Content()
        {
            var content = new ByteArrayContent(Body());
            if (random.Next(4) > 0 && MediaTypeHeaderValue.TryParse(Of(Types), out var type))
                content.Headers.ContentType = type;
            if (random.Next(15) == 0)
                content.Headers.TryAddWithoutValidation("Content-Encoding", Of("gzip", "br", "identity"));
            return content;
        }

        byte[] Body()
        {
            var text = random.Next(6) switch
            {
                0 => string.Concat(
                    Enumerable
                        .Range(0, random.Next(20))
                        .Select(i => $"{{\"id\":\"{random.Next(100)}\",\"text\":\"t{i}\"}}\n")
                ),
                1 => $"[{string.Join(',', Enumerable.Range(0, random.Next(20)))}]",
                2 => Members(),
                3 => string.Concat(Enumerable.Range(0, random.Next(200)).Select(i => $"line {i}\n")),
                4 => new string('x', random.Next(6_000)),
                _ => "",
            };
            var bytes = Encoding.UTF8.GetBytes(text);
            for (var i = random.Next(4) == 0 ? random.Next(3) : 0; i > 0 && bytes.Length > 0; i--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            return random.Next(6) == 0 ? bytes[..random.Next(bytes.Length + 1)] : bytes;
        }

        string Members()
        {
            var members = new List<string>();
            for (var i = random.Next(5); i > 0; i--)
            {
                members.Add(
                    $"\"{Of("max", "waitMs", "consumer", "timeoutMs", "sequences", "reason", "charge", "pipeline", "stage", "records", "timeToLiveMs", "bytesPerRecord", "action", "target", "name", "deadlineMs", "maxPerStage", "maxTotalBytes", "lowWatermark", "x")}\":"
                        + Of(
                            "1",
                            "0",
                            "-1",
                            "1e400",
                            "1.5",
                            "null",
                            "true",
                            "\"web\"",
                            "\"source\"",
                            "\"stage\"",
                            "\"replay\"",
                            "\"purge\"",
                            "\"orders\"",
                            "[1,2]",
                            "[]",
                            "{}",
                            "\"\\ud800\"",
                            Number()
                        )
                );
            }
            return $"{{{string.Join(',', members)}}}";
        }

        string Lease() =>
            random.Next(4) > 0 && leases.TryDequeue(out var lease)
                ? lease
                : Of("x", "1.b3JkZXJz.cGFyc2U", "9223372036854775807.b3JkZXJz.cGFyc2U", Name());

        string Name()
        {
            var name = random.Next(4) > 0 ? Names[random.Next(6)] : Of(Names);
            return random.Next(10) > 0
                ? Uri.EscapeDataString(name.Replace("\ud800", "\ufffd", StringComparison.Ordinal))
                : "%ED%A0%80" + random.Next(3);
        }

        string Number() =>
            random
                .NextInt64(random.Next(2) == 0 ? 100 : long.MaxValue)
                .ToString(System.Globalization.CultureInfo.InvariantCulture);

        string Of(params string[] choices) => choices[random.Next(choices.Length)];
    }
}
