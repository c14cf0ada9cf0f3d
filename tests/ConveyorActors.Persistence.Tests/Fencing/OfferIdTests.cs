using System.Collections.Concurrent;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Persistence.Tests.Journals;
using Xunit.Abstractions;

namespace ConveyorActors.Persistence.Tests.Fencing;

/// <summary>
/// Clients whose offers have ids make each offer again, at whichever incarnation of the pipeline, until it is
/// acknowledged as written: every record is there once, in the order of its source, unless it was settled.
/// CONVEYOR_FENCE_SEED repeats a run.
/// </summary>
public sealed class OfferIdTests(ITestOutputHelper output) : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly SqliteDatabase database = new();

    [Fact]
    public async Task Repeated_offers_at_two_competing_incarnations_are_accepted_once_in_order()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("CONVEYOR_FENCE_SEED"), out var given)
            ? given
            : Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        await using var a = new JournalNode(database);
        await using var b = new JournalNode(database);
        const string Pipeline = "fight";
        IBufferService[] open =
        [
            .. new[] { a, b }.Select(
                (node, i) =>
                    node.Storage(s =>
                            s with
                            {
                                SnapshotAfter = 4_096,
                                DeleteAfter = TimeSpan.FromMilliseconds(40),
                                ReopenAfter = TimeSpan.FromMilliseconds(1 + i * 7),
                                MaxEventBytes = 4_096,
                            }
                        )
                        .Open(Pipeline)
            ),
        ];
        var settled = new ConcurrentDictionary<string, bool>();
        var repeats = 0;
        await Task.WhenAll(
                Enumerable
                    .Range(0, 3)
                    .Select(i => Task.Run(() => ProduceAsync($"{(char)('a' + i)}", new Random(seed + i))))
                    .Append(Task.Run(() => ConsumeAsync(new Random(seed + 9))))
            )
            .WaitAsync(Patience);
        foreach (var incarnation in open)
            await incarnation.DisposeAsync();

        await using var last = await a.Storage().OpenedAsync(Pipeline);
        var there = (await last.PeekAsync(Pipeline, "s", int.MaxValue)).Select(r => r.Record.Id).ToList();
        Assert.Equal(there.Count, there.Distinct().Count());
        Assert.DoesNotContain(there, settled.ContainsKey);
        foreach (var source in there.GroupBy(id => id.Split('-')[0]))
        {
            var numbers = source.Select(id => int.Parse(id.Split('-')[1])).ToList();
            Assert.Equal(numbers.Order(), numbers);
        }
        var snapshot = await last.GetSnapshotAsync(Pipeline);
        Assert.True(snapshot.IsConserved);
        Assert.Equal(3 * Records, snapshot.Total.Accepted);
        output.WriteLine($"{repeats} offers were made again, {settled.Count} records settled for sure");
        Assert.NotEqual(0, repeats);

        async Task ProduceAsync(string source, Random random)
        {
            var client = Guid.NewGuid();
            var at = random.Next(2);
            for (var (number, offer) = (0, 1L); number < Records; offer++)
            {
                var records = Enumerable
                    .Range(number, Math.Min(Records - number, random.Next(1, 8)))
                    .Select(n => new ConveyorRecord($"{source}-{n}", new byte[random.Next(900)]))
                    .ToArray();
                for (var isRepeat = false; ; isRepeat = true)
                {
                    if (isRepeat)
                        Interlocked.Increment(ref repeats);
                    if (isRepeat || random.Next(3) == 0)
                        at = random.Next(2);
                    try
                    {
                        var result = await open[at]
                            .OfferOnceAsync(
                                Pipeline,
                                "s",
                                source,
                                records,
                                new(client, offer) { FirstOpen = offer, IsRepeat = isRepeat },
                                AckLevel.Persisted
                            )
                            .AsTask()
                            .WaitAsync(Patience);
                        if (result.Status == OfferStatus.Accepted)
                        {
                            Assert.Equal((records.Length, records.Length), (result.Accepted, result.Consumed));
                            if (random.Next(3) > 0)
                                break;
                            continue; // as if the reply had been lost
                        }
                    }
                    catch (StoreException)
                    {
                        // The other incarnation has the pipeline.
                    }
                    await Task.Delay(random.Next(1, 10));
                }
                number += records.Length;
            }
        }

        async Task ConsumeAsync(Random random)
        {
            for (var round = 0; round < 15; round++)
            {
                try
                {
                    var at = open[random.Next(2)];
                    var lease = await at.GetBatchAsync(Pipeline, "s", new BatchRequest(random.Next(1, 9)))
                        .AsTask()
                        .WaitAsync(Patience);
                    if (
                        lease.Count > 0
                        && (await at.CompleteAsync(Pipeline, "s", lease.Id)).Settled == lease.Count
                        && await at.FlushAsync(Pipeline)
                    )
                        foreach (var record in lease.Records)
                            settled[record.Record.Id] = true;
                }
                catch (StoreException)
                {
                    // The other incarnation has the pipeline.
                }
                await Task.Delay(random.Next(1, 10));
            }
        }
    }

    const int Records = 50;

    public void Dispose() => database.Dispose();
}
