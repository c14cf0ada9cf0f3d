using System.Text;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Storage.Crasher;

/// <summary>
/// Producers and consumers of two stages, who say what they are about to do and what was acknowledged. One line each, one write each:
/// <code>
/// offer SOURCE FROM TO | accepted SOURCE TO
/// hop SOURCE N,N,... | hopped SOURCE N,N,... | complete SOURCE N,N,... | completed SOURCE N,N,...
/// return STAGE SOURCE N,N,... | returned STAGE SOURCE N,N,...
/// </code>
/// </summary>
sealed class Crew(IBufferService service, string pipeline, int seed, Action<string> say, Func<string?> failure)
{
    /// <summary>Small, so that results of hops have to wait for room, and a backlog is loaded bit by bit.</summary>
    public static BufferSettings Settings { get; } =
        new()
        {
            MaxTotalRecords = 200,
            MaxPerStage = 60,
            MaxPerSource = 90,
            Stage = new() { MaxRetries = 1_000_000, Backoff = BackoffSettings.None },
        };

    /// <summary>Works until the process is killed.</summary>
    /// <param name="next">For each source the first number to offer.</param>
    public async Task WorkAsync(IEnumerable<long> next)
    {
        var crews = next.Select((first, i) => Task.Run(() => ProduceAsync($"s{i}", first, new Random(seed * 31 + i))))
            .ToList();
        crews.Add(Task.Run(() => ConsumeAsync("one", new Random(seed * 31 + 10))));
        crews.Add(Task.Run(() => ConsumeAsync("two", new Random(seed * 31 + 11))));
        await await Task.WhenAny(crews);
    }

    async Task ProduceAsync(string source, long next, Random random)
    {
        while (true)
        {
            var count = random.Next(1, 12);
            var records = Enumerable
                .Range(0, count)
                .Select(i => new ConveyorRecord(
                    $"{source}-{next + i}",
                    Encoding.UTF8.GetBytes(new string('x', random.Next(300)))
                ))
                .ToArray();
            say($"offer {source} {next} {next + count - 1}");
            var answer = await service.BufferBatchForStageAsync(pipeline, "one", source, records, AckLevel.Persisted);
            if (answer.Status == OfferStatus.StoreFailing)
                say($"failing {failure()}");
            next += answer.Accepted;
            if (answer.Accepted > 0)
                say($"accepted {source} {next - 1}");
            else
                await Task.Yield();
        }
    }

    async Task ConsumeAsync(string stage, Random random)
    {
        while (true)
        {
            var lease = await service.GetBatchAsync(
                pipeline,
                stage,
                new BatchRequest(random.Next(1, 30)) { Wait = true, OneSource = true }
            );
            if (lease.Count == 0)
                return;
            var source = lease.Records[0].SourceId;
            // The first ones go on, the rest goes back: so each source keeps its order over both stages.
            var good = random.Next(0, lease.Count + 1);
            var (done, back) = (lease.Records.Take(good).ToArray(), lease.Records.Skip(good).ToArray());
            var (forth, rest) = (Numbers(done), Numbers(back));
            if (good > 0)
            {
                long[] sequences = [.. done.Select(r => r.Sequence)];
                if (stage == "one")
                {
                    say($"hop {source} {forth}");
                    await service.HopAsync(
                        pipeline,
                        stage,
                        lease.Id,
                        sequences,
                        "two",
                        done.Select(r => r.Record).ToArray()
                    );
                    if (await service.FlushAsync(pipeline))
                        say($"hopped {source} {forth}");
                }
                else
                {
                    say($"complete {source} {forth}");
                    await service.CompleteAsync(pipeline, stage, lease.Id, sequences);
                    if (await service.FlushAsync(pipeline))
                        say($"completed {source} {forth}");
                }
            }
            if (back.Length == 0)
                continue;
            say($"return {stage} {source} {rest}");
            await service.ReturnToBufferAsync(pipeline, stage, lease.Id, null, "not this time");
            if (await service.FlushAsync(pipeline))
                say($"returned {stage} {source} {rest}");
        }
    }

    static string Numbers(IEnumerable<BufferedRecord<ConveyorRecord>> records) =>
        string.Join(',', records.Select(r => r.Record.Id.Split('-')[1]));
}
