using ConveyorActors.Persistence.Tests.Journals;
using ConveyorActors.Testing.Contracts;
using Xunit.Abstractions;

namespace ConveyorActors.Persistence.Tests.Properties;

/// <summary>
/// Random runs against a model that remembers every state there was: whatever the moment at which an incarnation is
/// left behind, the next one has one of those states, whole, and none from before the last flush. CONVEYOR_STORE_SEED
/// repeats a run, CONVEYOR_STORE_RUNS says how many.
/// </summary>
public sealed class JournalPropertyTests(ITestOutputHelper output) : IDisposable
{
    readonly SqliteDatabase database = new();

    [Fact]
    public async Task A_crash_leaves_a_complete_journal_at_least_as_new_as_the_last_flush()
    {
        var only = Environment.GetEnvironmentVariable("CONVEYOR_STORE_SEED");
        var runs = int.TryParse(Environment.GetEnvironmentVariable("CONVEYOR_STORE_RUNS"), out var given) ? given : 8;
        var first = only is null ? Random.Shared.Next() : int.Parse(only);
        output.WriteLine($"seeds from {first}");
        await using var node = new JournalNode(database);
        for (var seed = first; seed < first + (only is null ? runs : 1); seed++)
        {
            try
            {
                await new JournalRun(seed, $"run-{seed}-", node).PlayAsync();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
            }
        }
    }

    public void Dispose() => database.Dispose();

    sealed class JournalRun(int seed, string prefix, JournalNode node) : StoreRun(seed)
    {
        // Small, so that units are cut into parts, and snapshots are taken in the midst of it. There is room for all,
        // so that nothing waits while it is looked at.
        protected override Task<IBufferService> StartAsync() =>
            node.Storage(s =>
                    s with
                    {
                        IdPrefix = prefix,
                        MaxEventBytes = 4_096,
                        SnapshotAfter = 4_096,
                        DeleteAfter = TimeSpan.FromMilliseconds(20),
                    }
                )
                .OpenedAsync(Pipeline, Clock);

        protected override Task EndAsync(IBufferService service) => service.DisposeAsync().AsTask();

        /// <summary>
        /// The next incarnation does not wait for this one, and what this one has not written by then it never will.
        /// </summary>
        protected override Task CrashAsync(IBufferService service) => Task.CompletedTask;

        protected override async Task<(
            IReadOnlyList<BufferedRecord<ConveyorRecord>>,
            IReadOnlyList<BufferedRecord<ConveyorRecord>>,
            long
        )> ReadAsync(IBufferService service, IReadOnlyList<string> stages)
        {
            var (pending, dead) = (
                new List<BufferedRecord<ConveyorRecord>>(),
                new List<BufferedRecord<ConveyorRecord>>()
            );
            foreach (var stage in stages)
            {
                pending.AddRange(await service.PeekAsync(Pipeline, stage, int.MaxValue));
                dead.AddRange((await service.GetDeadLettersAsync(Pipeline, stage, int.MaxValue)).Select(d => d.Record));
            }
            return (pending, dead, (await service.GetSnapshotAsync(Pipeline)).Total.Completed);
        }
    }
}
