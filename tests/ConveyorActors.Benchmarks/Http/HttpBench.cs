using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ConveyorActors.Benchmarks.Http;

/// <summary>
/// What records over HTTP cost: bodies of 1,000 records of 256 bytes, taken in and drained in the server; the same
/// bodies by a resource of the same server that only counts their lines; and leases of 1,000 and their completion over
/// HTTP. All in turn, round after round; ratios are of one round.
/// </summary>
static class HttpBench
{
    const int Records = 1_000;
    const int RecordBytes = 256;
    const int Connections = 4;
    const int Sources = 8;

    /// <summary>
    /// Rounds that do not count: the runtime compiles what is used often once more in the first seconds.
    /// </summary>
    const int WarmUps = 2;

    static readonly TimeSpan Turn = TimeSpan.FromSeconds(1.5);

    public static async Task<int> RunAsync(TimeSpan time)
    {
        var service = new EmbeddedBufferService
        {
            Defaults = new()
            {
                MaxTotalRecords = 2_000_000,
                MaxPerStage = 1_000_000,
                MaxPerSource = 1_000_000,
                Stage = new() { LeaseOrder = LeaseOrder.Shared },
            },
        };
        await using var disposed = service.ConfigureAwait(false);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapConveyor(service);
        app.MapPost("/count", (Delegate)CountAsync);
        await app.StartAsync().ConfigureAwait(false);
        using var client = new HttpClient(
            new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = Connections * 2 }
        )
        {
            BaseAddress = new(app.Urls.First()),
        };

        var body = Encoding.ASCII.GetBytes(
            string.Concat(
                Enumerable
                    .Range(1_000, Records)
                    .Select(i => $"{{\"number\":{i},\"text\":\"{new string('x', RecordBytes - 27)}\"}}\n")
            )
        );
        var (taking, leasing) = (new List<double>(), new List<double>());
        var began = Stopwatch.StartNew();
        // The application takes SIGTERM and Ctrl-C, so the rounds must end with it.
        var isStopping = app.Lifetime.ApplicationStopping;
        for (var round = 1; !isStopping.IsCancellationRequested && (began.Elapsed < time || taking.Count < 2); round++)
        {
            var counted = await PostAsync(client, "/count", body).ConfigureAwait(false);
            var taken = await TakeInAsync(client, service, body).ConfigureAwait(false);
            var leased = await LeaseAsync(client, service, body).ConfigureAwait(false);
            if (round > WarmUps)
            {
                taking.Add(taken / counted);
                leasing.Add(leased / taken);
            }
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"counts {counted / 1e6:0.00} M/s   takes in {taken / 1e6:0.00} M/s ({taken / counted:0.00})   leases and completes {leased / 1e6:0.00} M/s ({leased / taken:0.00})"
                )
            );
        }
        if (isStopping.IsCancellationRequested)
            return 130;
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"median: takes in {Median(taking):0.00} of counting (bar 0.7), leases and completes {Median(leasing):0.00} of taking in (bar 0.5)"
            )
        );
        await app.StopAsync().ConfigureAwait(false);
        return Median(taking) >= 0.7 && Median(leasing) >= 0.5 ? 0 : 1;
    }

    static async Task<string> CountAsync(HttpContext context)
    {
        var reader = context.Request.BodyReader;
        long lines = 0;
        while (true)
        {
            var read = await reader.ReadAsync().ConfigureAwait(false);
            foreach (var segment in read.Buffer)
                lines += segment.Span.Count((byte)'\n');
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return lines.ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Returns records a second.</summary>
    static async Task<double> PostAsync(HttpClient client, string path, byte[] body)
    {
        long posted = 0;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(
                Enumerable
                    .Range(0, Connections)
                    .Select(async i =>
                    {
                        while (clock.Elapsed < Turn)
                        {
                            using var content = new ByteArrayContent(body)
                            {
                                Headers = { ContentType = new MediaTypeHeaderValue("application/x-ndjson") },
                            };
                            using var reply = await client
                                .PostAsync(path.Replace("{n}", $"{i}", StringComparison.Ordinal), content)
                                .ConfigureAwait(false);
                            reply.EnsureSuccessStatusCode();
                            Interlocked.Add(ref posted, Records);
                        }
                    })
            )
            .ConfigureAwait(false);
        return posted / clock.Elapsed.TotalSeconds;
    }

    static async Task<double> TakeInAsync(HttpClient client, EmbeddedBufferService service, byte[] body)
    {
        using var end = new CancellationTokenSource();
        long drained = 0;
        var draining = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    var batch = await service
                        .GetBatchAsync("bench", "in", new(10_000) { Wait = true }, end.Token)
                        .ConfigureAwait(false);
                    drained += (await service.CompleteAsync("bench", "in", batch.Id).ConfigureAwait(false)).Settled;
                }
            }
            catch (OperationCanceledException) { }
        });
        var rate = await PostAsync(client, "/v1/pipelines/bench/stages/in/records?source=s{n}", body)
            .ConfigureAwait(false);
        while (
            (await service.GetSnapshotAsync("bench").ConfigureAwait(false))
                .Stages.First(s => s.Stage == "in")
                .Level.Pending > 0
        )
            await Task.Yield();
        await end.CancelAsync().ConfigureAwait(false);
        await draining.ConfigureAwait(false);
        return rate;
    }

    static async Task<double> LeaseAsync(HttpClient client, EmbeddedBufferService service, byte[] body)
    {
        var records = body.AsSpan()
            .ToArray()
            .Chunk(RecordBytes + 1)
            .Select(line => new ConveyorRecord("", line.AsMemory(0, line.Length - 1)))
            .ToArray();
        long settled = 0;
        var clock = Stopwatch.StartNew();
        using var end = new CancellationTokenSource();
        var filling = Task.Run(async () =>
        {
            for (var i = 0; !end.IsCancellationRequested; i++)
                if (
                    (
                        await service
                            .BufferBatchForStageAsync("bench", "out", $"s{i % Sources}", records)
                            .ConfigureAwait(false)
                    ).Credits < 900_000
                )
                    await Task.Delay(1).ConfigureAwait(false);
        });
        await Task.WhenAll(
                Enumerable
                    .Range(0, Connections)
                    .Select(async _ =>
                    {
                        // The client reads into memory of its own: it shares the processor with the server.
                        var bytes = new MemoryStream();
                        while (clock.Elapsed < Turn)
                        {
                            using var request = new HttpRequestMessage(
                                HttpMethod.Post,
                                "/v1/pipelines/bench/stages/out/leases"
                            )
                            {
                                Content = new StringContent(
                                    $$"""{"max":{{Records}}}""",
                                    new MediaTypeHeaderValue("application/json")
                                ),
                            };
                            using var lease = await client
                                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead)
                                .ConfigureAwait(false);
                            bytes.SetLength(0);
                            await (await lease.Content.ReadAsStreamAsync().ConfigureAwait(false))
                                .CopyToAsync(bytes)
                                .ConfigureAwait(false);
                            var id =
                                Encoding
                                    .ASCII.GetString(bytes.GetBuffer(), 0, (int)Math.Min(200, bytes.Length))
                                    .Split('"')
                                    is [_, "leaseId", _, var text, ..]
                                && text != "deadline"
                                    ? text
                                    : null;
                            if (id is null)
                                continue;
                            using var reply = await client
                                .PostAsync($"/v1/leases/{id}/complete", null)
                                .ConfigureAwait(false);
                            var done = await reply.Content.ReadAsStringAsync().ConfigureAwait(false);
                            Interlocked.Add(
                                ref settled,
                                int.Parse(done.Split(':', ',')[1], CultureInfo.InvariantCulture)
                            );
                        }
                    })
            )
            .ConfigureAwait(false);
        var rate = settled / clock.Elapsed.TotalSeconds;
        await end.CancelAsync().ConfigureAwait(false);
        await filling.ConfigureAwait(false);
        while (await service.GetBatchAsync("bench", "out", new(10_000)).ConfigureAwait(false) is { Count: > 0 } rest)
            await service.CompleteAsync("bench", "out", rest.Id).ConfigureAwait(false);
        return rate;
    }

    static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
