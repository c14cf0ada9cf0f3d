using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing.Contracts;
using Xunit.Abstractions;

namespace ConveyorActors.Storage.Tests.Properties;

/// <summary>
/// Random runs against a model that remembers every state there was: after a crash, what is on disk is one of them,
/// whole, and none from before the last flush. CONVEYOR_STORE_SEED repeats a run, CONVEYOR_STORE_RUNS says how many.
/// </summary>
public sealed class StorePropertyTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_crash_leaves_a_complete_state_at_least_as_new_as_the_last_flush()
    {
        var only = Environment.GetEnvironmentVariable("CONVEYOR_STORE_SEED");
        var runs = Thoroughness.Count("CONVEYOR_STORE_RUNS", 25, 60);
        var first = only is null ? Random.Shared.Next() : int.Parse(only);
        for (var seed = first; seed < first + (only is null ? runs : 1); seed++)
        {
            try
            {
                using var run = new DiskRun(seed);
                await run.PlayAsync();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
            }
        }
        output.WriteLine($"seeds from {first}");
    }

    sealed class DiskRun(int seed) : StoreRun(seed), IDisposable
    {
        /// <summary>Everything in memory, about five records, or about one of each source.</summary>
        readonly long? memory = (seed % 3) switch
        {
            0 => null,
            1 => 400,
            _ => 0,
        };

        readonly List<TempDirectory> directories = [new()];
        DataDirectory directory = null!;

        protected override Task<IBufferService> StartAsync()
        {
            directory = DataDirectory.Open(
                directories[^1].Path,
                new() { CheckpointBytes = 64 << 10, MaxInMemoryBytes = memory }
            );
            Assert.Empty(directory.Findings);
            return Task.FromResult<IBufferService>(new EmbeddedBufferService(Clock, directory));
        }

        protected override Task EndAsync(IBufferService service) => service.DisposeAsync().AsTask();

        /// <summary>The files as they are at this moment are what a killed process leaves behind.</summary>
        protected override async Task CrashAsync(IBufferService service)
        {
            var left = new TempDirectory();
            lock (directory.fileGate)
                foreach (var name in new[] { "conveyor.db", "conveyor.db-wal", "last" })
                    if (File.Exists(directories[^1][name]))
                        File.Copy(directories[^1][name], left[name]);
            await service.DisposeAsync();
            directories.Add(left);
        }

        protected override Task<(
            IReadOnlyList<BufferedRecord<ConveyorRecord>>,
            IReadOnlyList<BufferedRecord<ConveyorRecord>>,
            long
        )> ReadAsync(IBufferService service, IReadOnlyList<string> stages) =>
            Task.FromResult<(
                IReadOnlyList<BufferedRecord<ConveyorRecord>>,
                IReadOnlyList<BufferedRecord<ConveyorRecord>>,
                long
            )>(
                (
                    [.. stages.SelectMany(stage => directory.Peek(Pipeline, stage, int.MaxValue))],
                    [.. stages.SelectMany(stage => directory.GetDeadLetters(Pipeline, stage)).Select(d => d.Record)],
                    directory.ReadContents().Pipelines.Sum(p => p.Stages.Sum(s => s.Completed))
                )
            );

        public void Dispose()
        {
            foreach (var used in directories)
                used.Dispose();
        }
    }
}
