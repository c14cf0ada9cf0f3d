using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Running;
using ConveyorActors.Pipelines.Stages;
using ConveyorActors.Testing;

namespace ConveyorActors.Pipelines.Tests.Stages;

public sealed class BatchLingerTests : IAsyncDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    readonly FakeClock clock = new();
    readonly EmbeddedBufferService buffers;
    readonly BatchSize size = new(null);
    RunContext? run;

    public BatchLingerTests() => buffers = new(clock);

    public ValueTask DisposeAsync() => buffers.DisposeAsync();

    [Fact]
    public async Task A_stage_whose_producers_do_nothing_does_not_wait()
    {
        var linger = Create(new("work", "cat"));
        await OfferAsync(1);

        Assert.True(linger.WaitAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_stage_with_a_full_batch_does_not_wait()
    {
        var linger = Create(new("work", "cat"));
        await OfferAsync(BatchSize.First);
        Producers.BeginWork();
        var timers = clock.ArmedTimers;

        await linger.WaitAsync().AsTask().WaitAsync(Limit);

        Assert.Equal(timers, clock.ArmedTimers);
    }

    [Fact]
    public async Task A_stage_waits_for_a_full_batch_while_a_producer_works()
    {
        var linger = Create(new("work", "cat"));
        Producers.BeginWork();
        await OfferAsync(BatchSize.First - 1);
        var timers = clock.ArmedTimers;

        var waiting = linger.WaitAsync().AsTask();
        Assert.True(await IsTimerSetAsync(timers, waiting));

        await OfferAsync(1);
        run!.ProgressSignal.Notify();
        await waiting.WaitAsync(Limit);
    }

    [Fact]
    public async Task A_stage_no_longer_waits_when_its_last_producer_has_ended_its_work()
    {
        var linger = Create(new("work", "cat"));
        Producers.BeginWork();
        Producers.BeginWork();
        Producers.EndWork();
        var waiting = linger.WaitAsync().AsTask();
        Assert.True(await IsTimerSetAsync(0, waiting));

        Producers.EndWork();

        await waiting.WaitAsync(Limit);
    }

    [Fact]
    public async Task A_stage_does_not_wait_while_a_producer_waits_for_room()
    {
        var linger = Create(new("work", "cat"));
        Producers.BeginWork();
        Producers.BeginWork();
        var room = new TaskCompletionSource<bool>();
        var hop = Producers.TrackWaitAsync(room.Task);

        Assert.True(linger.WaitAsync().IsCompletedSuccessfully);

        room.SetResult(true);
        Assert.True(await hop);
        Assert.False(linger.WaitAsync().IsCompleted);
    }

    [Fact]
    public async Task A_stage_waits_for_at_most_100_ms_after_the_first_line()
    {
        var linger = Create(new("work", "cat"));
        await OfferAsync(1);
        Producers.BeginWork();
        var timers = clock.ArmedTimers;

        var waiting = linger.WaitAsync().AsTask();
        while (await IsTimerSetAsync(timers, waiting))
            clock.Advance(TimeSpan.FromMilliseconds(5));

        Assert.Equal(TimeSpan.FromMilliseconds(100), clock.GetUtcNow() - clock.Start);
    }

    [Fact]
    public async Task The_time_without_a_line_does_not_count()
    {
        var linger = Create(new("work", "cat"));
        Producers.BeginWork();

        var waiting = linger.WaitAsync().AsTask();
        for (var passed = 0; passed < 500; passed += 5)
        {
            Assert.True(await IsTimerSetAsync(0, waiting));
            clock.Advance(TimeSpan.FromMilliseconds(5));
        }
    }

    [Theory]
    [InlineData(FullMode.DropOldest, false)]
    [InlineData(FullMode.DropNewest, false)]
    [InlineData(FullMode.Reject, false)]
    [InlineData(FullMode.Wait, true)]
    public void A_stage_that_drops_lines_or_keeps_its_command_does_not_wait(FullMode mode, bool isPersistent)
    {
        var linger = Create(new("work", "cat") { FullMode = mode, IsPersistent = isPersistent });
        Producers.BeginWork();

        Assert.True(linger.WaitAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public void A_stage_of_a_run_with_several_sources_does_not_wait()
    {
        var linger = Create(new("work", "cat"), new("a", "a.log"), new("b", "b.log"));
        Producers.BeginWork();

        Assert.True(linger.WaitAsync().IsCompletedSuccessfully);
    }

    LineProducers Producers => run!.Producers[0];

    BatchLinger Create(StageDefinition stage, params SourceDefinition[] sources)
    {
        var definition = new PipelineDefinition
        {
            Sources = sources is [] ? [new("a", "-")] : sources,
            Stages = [stage],
            Sink = new("-"),
        };
        var control = new RunControl();
        run = new(buffers, definition, clock, control, new DeadLetterFile(null, clock, control));
        return new(run, stage, Producers, size);
    }

    async Task OfferAsync(int count)
    {
        var lines = Enumerable.Range(0, count).Select(_ => new ConveyorRecord("", new byte[1])).ToArray();
        var result = await buffers.BufferBatchForStageAsync(run!.Pipeline, "work", "a", lines);
        Assert.Equal(count, result.Consumed);
    }

    /// <summary>Waits until the linger has set its timer, besides those of the buffers. Returns false if it has ended.</summary>
    async Task<bool> IsTimerSetAsync(int others, Task waiting)
    {
        using var patience = new CancellationTokenSource(Limit);
        while (clock.ArmedTimers <= others && !waiting.IsCompleted)
            await Task.Delay(1, patience.Token);
        return !waiting.IsCompleted;
    }
}
