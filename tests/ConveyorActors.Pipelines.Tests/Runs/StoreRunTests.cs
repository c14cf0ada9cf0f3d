using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Pipelines.Tests.Runs;

/// <summary>
/// What a run tells the store, in which order, and what it does where the store fails for a while or for good.
/// </summary>
public sealed class StoreRunTests : RunTests
{
    [UnixFact]
    public async Task A_run_ends_with_the_reason_when_the_disk_can_no_longer_be_written()
    {
        var store = new Store(failsAfter: 3);
        await using var buffers = new EmbeddedBufferService(null, store);

        var report = await RunAsync(buffers, Definition([Source("a", Numbers(5_000))], Stage("cat")));

        Assert.Equal(
            (RunOutcome.Failed, "the data directory can no longer be written", false),
            (report.Outcome, report.Error, report.IsKept)
        );
        Assert.InRange(report.Progress.LinesRead, 1, 4_999);
    }

    [UnixFact]
    public async Task A_disk_that_recovers_in_time_causes_only_a_delay()
    {
        var store = new Store(failsAfter: 3);
        await using var buffers = new EmbeddedBufferService(null, store);
        store.Failed += async () =>
        {
            await Task.Delay(500);
            store.Mend();
        };

        var report = await RunAsync(buffers, Definition([Source("a", Numbers(5_000))], Stage("cat")));

        AssertAllSettled(report);
        Assert.True(report.IsKept);
        Assert.Equal(Numbers(5_000), Written());
    }

    [UnixFact]
    public async Task Results_that_could_not_be_written_at_the_end_are_reported()
    {
        var store = new Store(failsAfter: int.MaxValue) { FailsAtEnd = true };
        await using var buffers = new EmbeddedBufferService(null, store);

        var report = await RunAsync(buffers, Definition([Source("a", Numbers(5))], Stage("cat")));

        Assert.Equal(
            (RunOutcome.Failed, "the last results cannot be written to the data directory", false),
            (report.Outcome, report.Error, report.IsKept)
        );
    }

    [UnixFact]
    public async Task A_run_does_not_change_its_sink_before_recording_it_on_disk()
    {
        await using var buffers = new EmbeddedBufferService(null, new Store(failsAfter: 0));

        var error = await Assert.ThrowsAsync<PipelineInputException>(() =>
            RunAsync(buffers, Definition([Source("a", ["x"])], Stage("cat")))
        );

        Assert.Equal("the data directory cannot be written, so the run could not keep its results", error.Message);
        Assert.False(File.Exists(Sink));
    }

    [UnixFact]
    public async Task A_run_that_is_stopped_while_it_opens_its_files_leaves_them_free_for_the_next_run()
    {
        using var stop = new CancellationTokenSource();
        var store = new Store(failsAfter: int.MaxValue);
        store.Appended += entry =>
        {
            if (entry.Event is StageEvent<ConveyorRecord>.CheckpointSet { Checkpoint.Key: "sink" })
                stop.Cancel();
        };
        await using var buffers = new EmbeddedBufferService(null, store);
        var definition = Definition([Source("a", ["1"])], Stage("cat"));

        var stopped = await RunAsync(buffers, definition, stop.Token);
        var next = await RunAsync(definition);

        Assert.Equal(RunOutcome.Interrupted, stopped.Outcome);
        AssertAllSettled(next);
    }

    [UnixFact]
    public async Task Settlements_and_the_position_of_the_sink_are_recorded_together()
    {
        var store = new Store(failsAfter: int.MaxValue);
        await using var buffers = new EmbeddedBufferService(null, store);

        AssertAllSettled(await RunAsync(buffers, Definition([Source("a", Numbers(3_000))], Stage("cat"))));

        var settling = store
            .Units.Where(u =>
                u.Any(e => e is { Stage: PipelineRunner.SinkStage, Event: StageEvent<ConveyorRecord>.Settled })
            )
            .ToArray();
        Assert.NotEmpty(settling);
        Assert.All(
            settling,
            u => Assert.Contains(u, e => e.Event is StageEvent<ConveyorRecord>.CheckpointSet { Checkpoint.Key: "sink" })
        );
        Assert.Equal(
            new FileInfo(Sink).Length,
            long.Parse(
                settling
                    .Last()
                    .Select(e => e.Event)
                    .OfType<StageEvent<ConveyorRecord>.CheckpointSet>()
                    .Single()
                    .Checkpoint.Value.Split(' ')[0],
                null
            )
        );
    }

    [UnixFact]
    public async Task A_dead_letter_is_in_its_file_only_once_it_is_on_disk()
    {
        var store = new Store(failsAfter: int.MaxValue);
        await using var buffers = new EmbeddedBufferService(null, store);
        List<string> seen = [];
        store.Flushed += () =>
        {
            if (store.Units.Any(u => u.Any(e => e.Event is StageEvent<ConveyorRecord>.DeadLettered)))
                seen.Add(File.ReadAllText(DeadLetters));
        };

        var report = await RunAsync(buffers, Definition([Source("a", ["bad"])], Stage("false") with { Retries = 0 }));

        Assert.Equal(RunOutcome.SomeLost, report.Outcome);
        Assert.Equal("", seen[0]);
        Assert.Single(Dead());
    }

    [UnixFact]
    public async Task A_dead_letter_that_cannot_be_stored_is_not_in_its_file()
    {
        await using var buffers = new EmbeddedBufferService(null, new Store(failsAfter: 1));

        var report = await RunAsync(buffers, Definition([Source("a", ["bad"])], Stage("false") with { Retries = 0 }));

        Assert.Equal(
            (RunOutcome.Failed, 0, 1),
            (report.Outcome, report.DeadLettersWritten, report.DeadLettersUnwritten)
        );
        Assert.Empty(Dead());
    }

    [UnixFact]
    public async Task The_position_passes_a_line_too_long_only_after_its_letter_is_in_the_file()
    {
        var store = new Store(failsAfter: int.MaxValue);
        await using var buffers = new EmbeddedBufferService(null, store);
        List<int> lettersAtPosition = [];
        store.Appended += entry =>
        {
            if (entry.Event is StageEvent<ConveyorRecord>.Positioned { Position.Number: > 1 })
                lettersAtPosition.Add(Dead().Length);
        };
        var lines = new[] { "1", new string('x', 20), new string('y', 20) };

        var report = await RunAsync(buffers, Definition([Source("a", lines)]) with { MaxLine = 10 });

        Assert.Equal(RunOutcome.SomeLost, report.Outcome);
        Assert.Equal([1, 2], lettersAtPosition);
    }

    [LinuxTheory]
    [InlineData("longer than the limit for lines")]
    [InlineData("longer than the limit for lines, followed")]
    [InlineData("larger than the limit for all lines")]
    public async Task The_position_does_not_pass_a_line_too_long_whose_letter_cannot_be_written(string line)
    {
        var store = new Store(failsAfter: int.MaxValue);
        await using var buffers = new EmbeddedBufferService(null, store);
        var source = Source("a", ["1", new string('x', 20), "3"]) with
        {
            Follow = line.EndsWith("followed", StringComparison.Ordinal),
        };
        var definition = Definition([source]) with { DeadLetterPath = "/dev/full" };
        definition = line.StartsWith("longer", StringComparison.Ordinal)
            ? definition with
            {
                MaxLine = 10,
            }
            : definition with
            {
                Limits = new BufferSettings { MaxTotalBytes = 10 },
            };

        var report = await RunAsync(buffers, definition);

        Assert.Equal(RunOutcome.Failed, report.Outcome);
        Assert.Contains("dead letters '/dev/full' cannot be written", report.Error, StringComparison.Ordinal);
        Assert.Contains("the next run reads it again", Assert.Single(report.Warnings), StringComparison.Ordinal);
        Assert.DoesNotContain(
            store.Units.SelectMany(u => u),
            e => e.Event is StageEvent<ConveyorRecord>.Positioned { Position.Number: > 1 }
        );
    }

    [UnixFact]
    public async Task The_letter_of_a_line_too_long_waits_until_the_position_before_it_is_on_disk()
    {
        var store = new Store(failsAfter: 1);
        await using var buffers = new EmbeddedBufferService(null, store);
        var lines = new[] { "1", new string('x', 20) };

        var report = await RunAsync(buffers, Definition([Source("a", lines)]) with { MaxLine = 10 });

        Assert.Equal(
            (RunOutcome.Failed, "the data directory can no longer be written"),
            (report.Outcome, report.Error)
        );
        Assert.Empty(Dead());
    }

    [UnixFact]
    public async Task A_run_records_its_state_in_an_order_in_which_nothing_can_be_missing()
    {
        var store = new Store(failsAfter: int.MaxValue);
        await using var buffers = new EmbeddedBufferService(null, store);

        AssertAllSettled(await RunAsync(buffers, Definition([Source("a", ["1"])], Stage("cat"))));

        var told = store
            .Units.SelectMany(u => u)
            .Select(e =>
                e.Event switch
                {
                    StageEvent<ConveyorRecord>.CheckpointSet { Checkpoint.Key: "sink" } => "sink",
                    StageEvent<ConveyorRecord>.Positioned => "position",
                    StageEvent<ConveyorRecord>.CheckpointSet { Checkpoint.Key: ['s', 'o', 'u', ..] } => "source",
                    StageEvent<ConveyorRecord>.Buffered => "line",
                    _ => null,
                }
            )
            .OfType<string>()
            .Distinct();
        Assert.Equal(["sink", "position", "source", "line"], told);
    }

    [UnixTheory]
    [InlineData("sink", "its position in the sink no longer exists")]
    [InlineData("source", "the file's identity no longer exists")]
    [InlineData("position", "its position no longer exists")]
    [InlineData("source position", "the file's identity no longer exists")]
    [InlineData("sink source position", "its position in the sink no longer exists")]
    [InlineData("unreadable sink", "its position in the sink no longer exists")]
    [InlineData("unreadable source", "the file's identity no longer exists")]
    public async Task A_run_is_refused_if_a_required_part_of_its_state_is_missing(string missing, string why)
    {
        var source = Source("a", ["1", "2"]);
        await File.WriteAllTextAsync(Sink, "1\n");
        using var file = File.OpenRead(source.Path);
        var checkpoints = new Dictionary<string, string>
        {
            ["sink"] = $"2 closed {Sink}",
            ["source a"] = Pipelines.Sources.FileIdentity.Read(file, source.Path).ToString(),
        };
        var positions = new Dictionary<string, SourcePosition> { ["a"] = new(2, 1) };
        if (missing == "unreadable sink")
            checkpoints["sink"] = "what?";
        else if (missing == "unreadable source")
            checkpoints["source a"] = "what?";
        foreach (var one in missing.Split(' '))
        {
            if (missing.StartsWith("unreadable", StringComparison.Ordinal))
                break;
            if (one == "position")
                positions.Clear();
            else
                checkpoints.Remove(one == "sink" ? "sink" : "source a");
        }
        var line = new SourceImage("a", new SourceTotals(1, 0, []), 0, 0);
        var stage = new StageImage<ConveyorRecord>(
            PipelineRunner.SinkStage,
            1,
            0,
            0,
            [line],
            new SourceTotals(0, 0, []),
            [],
            0,
            [],
            []
        );
        await using var buffers = new EmbeddedBufferService(
            null,
            new Store(int.MaxValue) { Image = new([stage], checkpoints, positions) }
        );

        var error = await Assert.ThrowsAsync<PipelineInputException>(() => RunAsync(buffers, Definition([source])));

        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.Equal("1\n", await File.ReadAllTextAsync(Sink));
    }

    /// <summary>A store that forgets everything and fails, where it is to, once records have come so often.</summary>
    sealed class Store(int failsAfter) : IBufferStore<ConveyorRecord>, IBufferStores
    {
        int appended;
        bool isMended;

        public event Action? Failed,
            Flushed;

        public event Action<StoreEntry<ConveyorRecord>>? Appended;

        public System.Collections.Concurrent.ConcurrentQueue<StoreEntry<ConveyorRecord>[]> Units { get; } = new();

        public bool FailsAtEnd { get; init; }

        public bool IsFailing { get; private set; } = failsAfter == 0;

        public bool IsBehind => false;

        public IReadOnlyList<string> Pipelines => [];

        public void Mend() => (isMended, IsFailing) = (true, false);

        public void Append(ReadOnlySpan<StoreEntry<ConveyorRecord>> unit)
        {
            Units.Enqueue(unit.ToArray());
            foreach (var entry in unit)
            {
                Appended?.Invoke(entry);
                if (
                    FailsAtEnd
                    && entry.Event is StageEvent<ConveyorRecord>.CheckpointSet { Checkpoint.Value: var value }
                    && value.Contains(" closed:", StringComparison.Ordinal)
                )
                    IsFailing = true;
                if (
                    entry.Event is not StageEvent<ConveyorRecord>.Buffered
                    || Interlocked.Increment(ref appended) != failsAfter
                    || isMended
                )
                    continue;
                IsFailing = true;
                Failed?.Invoke();
            }
        }

        public Task<bool> FlushAsync()
        {
            Flushed?.Invoke();
            return Task.FromResult(!IsFailing);
        }

        public Task CatchUpAsync() => Task.CompletedTask;

        public PipelineImage<ConveyorRecord> Image { get; init; } =
            new([], new Dictionary<string, string>(), new Dictionary<string, SourcePosition>());

        public PipelineImage<ConveyorRecord> Open(DateTimeOffset zero) => Image;

        public IReadOnlyList<StoredRecord<ConveyorRecord>> Read(
            string stage,
            IReadOnlyDictionary<string, (long After, int Max)>? wanted,
            long after,
            out long reached
        )
        {
            reached = long.MaxValue;
            return [];
        }

        IBufferStore<ConveyorRecord> IBufferStores.GetStore(string pipeline) => this;

        public ValueTask DisposeAsync() => default;
    }
}
