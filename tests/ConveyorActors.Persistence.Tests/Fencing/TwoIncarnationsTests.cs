using System.Collections.Concurrent;
using ConveyorActors.Persistence.Tests.Journals;
using Xunit.Abstractions;

namespace ConveyorActors.Persistence.Tests.Fencing;

/// <summary>
/// Several incarnations of one pipeline on one journal, which open it, write, settle and hand it over whenever they
/// like: whatever was acknowledged as written is there at the end, once, in the order of its source, unless it was
/// settled. CONVEYOR_FENCE_SEED repeats a run, CONVEYOR_FENCE_RUNS says how many.
/// </summary>
public sealed class TwoIncarnationsTests(ITestOutputHelper output) : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly SqliteDatabase database = new();

    [Fact]
    public async Task Two_incarnations_that_compete_for_a_pipeline_lose_and_repeat_no_record()
    {
        var only = Environment.GetEnvironmentVariable("CONVEYOR_FENCE_SEED");
        var runs = int.TryParse(Environment.GetEnvironmentVariable("CONVEYOR_FENCE_RUNS"), out var given) ? given : 2;
        var first = only is null ? Random.Shared.Next() : int.Parse(only);
        await using var a = new JournalNode(database);
        await using var b = new JournalNode(database);
        for (var seed = first; seed < first + (only is null ? runs : 1); seed++)
        {
            output.WriteLine($"seed {seed}");
            var run = new Run(seed, [a, b]);
            await run.PlayAsync();
            output.WriteLine($"{run.Acknowledged} acknowledged, {run.Refused} refused, {run.Openings} openings");
            Assert.True(run.Acknowledged > 20 && run.Openings > 4, "nothing happened that could be checked");
        }
    }

    public void Dispose() => database.Dispose();

    sealed class Run(int seed, JournalNode[] nodes)
    {
        readonly ConcurrentDictionary<string, bool> acknowledged = new(),
            settling = new();
        readonly string pipeline = $"fight-{seed}";
        int next,
            openings,
            refused;

        public int Acknowledged => acknowledged.Count;

        public int Refused => refused;

        public int Openings => openings;

        public async Task PlayAsync()
        {
            await Task.WhenAll(nodes.Select((node, i) => Task.Run(() => LiveAsync(node, new Random(seed * 31 + i)))))
                .WaitAsync(Patience);
            await using var last = await nodes[0].Storage().OpenedAsync(pipeline);
            var there = (await last.PeekAsync(pipeline, "s", int.MaxValue)).Select(r => r.Record.Id).ToList();
            Assert.Equal(there.Count, there.Distinct().Count());
            foreach (var id in acknowledged.Keys)
                Assert.True(there.Contains(id) || settling.ContainsKey(id), $"{id} was acknowledged and is gone");
            foreach (var source in there.GroupBy(id => id.Split('-')[0]))
            {
                var numbers = source.Select(id => int.Parse(id.Split('-')[1])).ToList();
                Assert.Equal(numbers.Order(), numbers);
            }
            Assert.True((await last.GetSnapshotAsync(pipeline)).IsConserved);
        }

        /// <summary>
        /// Opens the pipeline again and again, and works with it until it is lost or has been held for a while.
        /// </summary>
        async Task LiveAsync(JournalNode node, Random random)
        {
            for (var life = 0; life < 4; life++)
            {
                var storage = node.Storage(s =>
                    s with
                    {
                        // Small, so that snapshots are taken and events deleted in the midst of it.
                        SnapshotAfter = 4_096,
                        DeleteAfter = TimeSpan.FromMilliseconds(40),
                        ReopenAfter = TimeSpan.FromMilliseconds(random.Next(1, 100)),
                        MaxEventBytes = 4_096,
                    }
                );
                await using var mine = storage.Open(pipeline);
                Interlocked.Increment(ref openings);
                var name = $"{(char)('a' + Interlocked.Increment(ref next))}";
                var number = 0;
                for (var step = random.Next(5, 40); step > 0; step--)
                {
                    try
                    {
                        if (random.Next(4) == 0)
                            await SettleAsync(mine, random);
                        else
                            number = await OfferAsync(mine, name, number, random);
                    }
                    catch (Buffers.Stores.StoreException)
                    {
                        Interlocked.Increment(ref refused);
                        await Task.Delay(random.Next(1, 30));
                    }
                    if (random.Next(12) == 0)
                        await Task.Delay(random.Next(1, 90)); // long enough that the other one deletes
                }
            }
        }

        async Task<int> OfferAsync(IBufferService mine, string source, int number, Random random)
        {
            var records = Enumerable
                .Range(number, random.Next(1, 8))
                .Select(n => new ConveyorRecord($"{source}-{n}", new byte[random.Next(900)]))
                .ToArray();
            var offered = await mine.BufferBatchForStageAsync(pipeline, "s", source, records, AckLevel.Persisted)
                .AsTask()
                .WaitAsync(Patience);
            if (offered.Status == OfferStatus.Accepted)
                foreach (var record in records)
                    acknowledged[record.Id] = true;
            else
                Interlocked.Increment(ref refused);
            // What was refused may be written all the same: it is not offered again here, so that a double would be the
            // journal's.
            return number + records.Length;
        }

        async Task SettleAsync(IBufferService mine, Random random)
        {
            var lease = await mine.GetBatchAsync(pipeline, "s", new BatchRequest(random.Next(1, 20)))
                .AsTask()
                .WaitAsync(Patience);
            foreach (var record in lease.Records)
                settling[record.Record.Id] = true;
            if (lease.Count > 0)
                await mine.CompleteAsync(pipeline, "s", lease.Id);
        }
    }
}
