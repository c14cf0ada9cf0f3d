using ConveyorActors.Buffers.Cores;

namespace ConveyorActors.Buffers.Tests.Cores;

public class CoreFailureTests
{
    static readonly CoreBuffersSettings NoWait = new() { Backoff = BackoffSettings.None, BatchSize = 4 };

    [Fact]
    public async Task A_failed_batch_is_retried_unchanged()
    {
        var sink = new CollectingSink<int> { Fails = call => call <= 2 ? new IOException($"call {call}") : null };
        sink.Hold();
        await using var buffers = sink.Buffers(NoWait);
        buffers.Start(1);
        buffers.EnqueueBatch([1, 2]);
        Eventually.True(() => sink.Calls == 1, "the sink was not called");
        buffers.EnqueueBatch([3, 4]); // There is room for them in the batch, but the sink has seen it.
        sink.LetGo();
        Eventually.True(() => buffers.GetTotal().Drained == 4, "the batch was not tried again");
        Assert.Equal(
            [
                [1, 2],
                [1, 2],
                [1, 2],
                [3, 4],
            ],
            sink.Seen
        );
        Assert.Equal(
            [
                [1, 2],
                [3, 4],
            ],
            sink.Batches
        );
        var total = buffers.GetTotal();
        Assert.Equal((2, 0, 0), (total.SinkFailures, total.DeadLettered, total.DrainerRestarts));
        Assert.Equal("call 2", total.LastError?.Message);
    }

    [Fact]
    public async Task Each_retry_waits_longer_by_the_clock_it_was_given()
    {
        var clock = new CoresClock();
        var sink = new CollectingSink<int> { Fails = call => call <= 3 ? new IOException() : null };
        await using var buffers = sink.Buffers(
            new()
            {
                Backoff = new()
                {
                    First = TimeSpan.FromSeconds(1),
                    Max = TimeSpan.FromSeconds(3),
                    Jitter = 0,
                },
            },
            clock: clock
        );
        buffers.Start(1);
        buffers.Enqueue(1);
        foreach (var (seconds, calls) in new[] { (1, 1), (2, 2), (3, 3) })
        {
            clock.AdvanceWhenAwaited(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
            Assert.Equal(calls, sink.Calls);
            clock.AdvanceWhenAwaited(TimeSpan.FromMilliseconds(1));
            Eventually.True(() => sink.Calls == calls + 1, $"no retry after {seconds} s");
        }

        Eventually.True(() => buffers.GetTotal().Drained == 1, "not drained");
    }

    [Fact]
    public async Task A_batch_that_fails_too_often_is_dead_lettered_and_the_next_batch_continues()
    {
        var sink = new CollectingSink<int> { Fails = call => call <= 3 ? new IOException($"call {call}") : null };
        var dead = new List<(int[] Batch, string Error)>();
        sink.Hold();
        await using var buffers = sink.Buffers(
            NoWait with
            {
                MaxRetries = 2,
            },
            (batch, error) => dead.Add((batch.ToArray(), error.Message))
        );
        buffers.Start(1);
        buffers.EnqueueBatch([1, 2]);
        Eventually.True(() => sink.Calls == 1, "the sink was not called");
        buffers.Enqueue(3);
        sink.LetGo();
        Eventually.True(() => buffers.GetTotal().Drained == 1, "the drainer did not go on");
        var (batch, error) = Assert.Single(dead);
        Assert.Equal([1, 2], batch);
        Assert.Equal("call 3", error);
        Assert.Equal([3], sink.Items);
        Assert.Equal((2, 3), (buffers.GetTotal().DeadLettered, buffers.GetTotal().SinkFailures));
        Assert.True(buffers.GetTotal().IsConserved);
    }

    [Fact]
    public async Task Dead_letters_that_fail_are_counted_and_the_drainer_continues()
    {
        var sink = new CollectingSink<int> { Fails = call => call == 1 ? new IOException() : null };
        await using var buffers = sink.Buffers(
            NoWait with
            {
                MaxRetries = 0,
                BatchSize = 1,
            },
            (_, _) => throw new InvalidOperationException("no room")
        );
        buffers.Start(1);
        buffers.EnqueueBatch([1, 2]);
        Eventually.True(() => buffers.GetTotal().Drained == 1, "the drainer did not go on");
        var total = buffers.GetTotal();
        Assert.Equal((1, 1, 0), (total.DeadLettered, total.DeadLetterFailures, total.DrainerRestarts));
        Assert.Equal("no room", total.LastError?.Message);
        Assert.Equal([2], sink.Items);
    }

    [Fact]
    public async Task A_sink_that_fails_or_is_cancelled_later_counts_as_failed()
    {
        var calls = 0;
        await using var buffers = new CoreBuffers<int>(
            async (_, _, _) =>
            {
                await Task.Yield();
                if (Interlocked.Increment(ref calls) <= 2)
                    throw calls == 1 ? new IOException() : new OperationCanceledException();
            },
            NoWait
        );
        buffers.Start(1);
        buffers.Enqueue(1);
        Eventually.True(() => buffers.GetTotal().Drained == 1, "not tried again");
        Assert.Equal((2, 0), (buffers.GetTotal().SinkFailures, buffers.GetTotal().DrainerRestarts));
    }

    [Theory]
    [InlineData((int)CoreStep.Taken)]
    [InlineData((int)CoreStep.Sunk)]
    [InlineData((int)CoreStep.Failed)]
    [InlineData((int)CoreStep.Settled)]
    public async Task A_drainer_that_dies_is_replaced_and_loses_nothing(int step)
    {
        var sink = new CollectingSink<int> { Fails = call => call == 1 ? new IOException() : null };
        var deaths = 0;
        await using var buffers = sink.Buffers(NoWait);
        buffers.Probe = (at, _) =>
        {
            if ((int)at == step && Interlocked.Increment(ref deaths) == 1)
                throw new OperationCanceledException("killed");
        };
        buffers.Start(1);
        for (var i = 0; i < 100; i++)
            buffers.Enqueue(i);
        Eventually.True(() => buffers.GetTotal().Drained == 100, "the drainer was not replaced");
        Assert.Equal(Enumerable.Range(0, 100), sink.Items.Distinct());
        var total = buffers.GetTotal();
        Assert.Equal(1, total.DrainerRestarts);
        Assert.True(total.IsConserved);

        // Only a death between the sink's success and its being noted repeats a batch: at least once.
        var repeated = sink.Items.Count - 100;
        if (step == (int)CoreStep.Sunk)
            Assert.InRange(repeated, 1, 4);
        else
            Assert.Equal(0, repeated);
    }

    [Fact]
    public async Task A_drainer_that_always_dies_stops_at_the_deadline_and_its_items_remain()
    {
        var sink = new CollectingSink<int>();
        await using var buffers = sink.Buffers(NoWait);
        buffers.Probe = (_, _) => throw new InvalidOperationException("killed");
        buffers.Start(1);
        buffers.EnqueueBatch([1, 2, 3]);
        Eventually.True(() => buffers.GetTotal().DrainerRestarts >= 3, "not replaced");
        var report = await buffers.StopAsync(TimeSpan.FromMilliseconds(20));
        Assert.Equal((0, 3), (report.Drained, report.Remaining));

        buffers.Probe = null;
        buffers.Start(1);
        Assert.True((await buffers.StopAsync()).IsEmpty);
        Assert.Equal([1, 2, 3], sink.Items);
    }

    [Fact]
    public async Task A_failing_clock_kills_a_drainer_but_loses_nothing()
    {
        var sink = new CollectingSink<int> { Fails = call => call <= 2 ? new IOException() : null };
        await using var buffers = sink.Buffers(new(), clock: new BrokenTimers());
        buffers.Start(1);
        buffers.EnqueueBatch([1, 2]);
        Eventually.True(() => buffers.GetTotal().Drained == 2, "the drainer was not replaced");
        Assert.Equal((2, 2), (buffers.GetTotal().DrainerRestarts, buffers.GetTotal().SinkFailures));
        await buffers.StopAsync(Timeout.InfiniteTimeSpan);
    }

    sealed class BrokenTimers : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            throw new InvalidOperationException("no timers today");
    }
}
