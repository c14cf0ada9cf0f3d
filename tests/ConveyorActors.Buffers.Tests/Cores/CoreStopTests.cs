using ConveyorActors.Buffers.Cores;

namespace ConveyorActors.Buffers.Tests.Cores;

public class CoreStopTests
{
    [Fact]
    public async Task Stop_drains_accepted_items_and_reports_them()
    {
        var sink = new CollectingSink<int>();
        sink.Hold();
        await using var buffers = sink.Buffers();
        buffers.Start(2);
        for (var i = 0; i < 1_000; i++)
            buffers.Enqueue(i);
        var stopping = buffers.StopAsync(TimeSpan.FromSeconds(10));
        Assert.False(buffers.IsStarted);
        Assert.Equal(EnqueueStatus.NotStarted, buffers.Enqueue(-1));
        Assert.False(stopping.IsCompleted);
        sink.LetGo();
        var report = await stopping;
        Assert.Equal((1_000, 0, 0), (report.Drained, report.DeadLettered, report.Remaining));
        Assert.Equal("1000 drained, none remaining", report.ToString());
        Assert.Equal(Enumerable.Range(0, 1_000), sink.Items.Order());
        Assert.Equal(EnqueueStatus.NotStarted, buffers.Enqueue(-1));
    }

    [Fact]
    public async Task Stop_at_its_deadline_reports_the_rest_and_the_next_start_drains_it_first()
    {
        var clock = new CoresClock();
        var sink = new CollectingSink<int>();
        await using var buffers = sink.Buffers(new() { BatchSize = 4 }, clock: clock);
        buffers.Start(1);
        buffers.EnqueueBatch([1, 2]);
        Eventually.True(() => buffers.GetTotal().Drained == 2, "not drained");
        sink.Hold();
        buffers.EnqueueBatch([3, 4, 5, 6, 7]);
        // with up to four, as many as it found
        Eventually.True(() => buffers.GetTotal().InFlight > 0, "the sink was not called");
        var stopping = buffers.StopAsync(TimeSpan.FromSeconds(5));
        clock.AdvanceWhenAwaited(TimeSpan.FromSeconds(5));
        var report = await stopping.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal((0, 5), (report.Drained, report.Remaining));
        Assert.Equal("0 drained, 5 remaining (buffer 0 5); they are lost with this process", report.ToString());
        Assert.Equal(5, (await buffers.StopAsync()).Remaining);
        Assert.Equal(0, buffers.GetTotal().SinkFailures); // To obey the deadline is no failure.

        sink.LetGo();
        buffers.Start(1);
        buffers.Enqueue(8);
        Assert.True((await buffers.StopAsync(TimeSpan.FromSeconds(10))).IsEmpty);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], sink.Items);
    }

    [Fact]
    public async Task Records_in_a_buffer_that_is_not_restarted_are_drained()
    {
        var sink = new CollectingSink<int>();
        sink.Hold();
        await using var buffers = sink.Buffers();
        buffers.Start(3);
        for (var w = 0; w < 3; w++)
            buffers.CreateWriter().Enqueue(w);
        Assert.Equal(3, (await buffers.StopAsync(TimeSpan.Zero)).Remaining);
        sink.LetGo();
        buffers.Start(1);
        Eventually.True(() => buffers.GetTotal().Drained == 3, "not drained");
        Assert.Equal([0, 1, 2], sink.Items.Order());
        Assert.Equal(3, buffers.GetStats().Count);
        Assert.True(buffers.GetTotal().IsConserved);
    }

    [Fact]
    public async Task A_sink_that_ignores_the_deadline_delays_neither_the_stop_nor_the_report()
    {
        using var gate = new ManualResetEventSlim();
        var taken = new List<int>();
        await using var buffers = new CoreBuffers<int>(
            (batch, _, _) =>
            {
                gate.Wait(CancellationToken.None);
                taken.AddRange(batch.Span);
                return default;
            }
        );
        buffers.Start(1);
        buffers.Enqueue(1);
        Eventually.True(() => buffers.GetTotal().InFlight == 1, "the sink was not called");
        Assert.Equal(1, (await buffers.StopAsync(TimeSpan.Zero)).Remaining);

        buffers.Start(1); // Its drainer begins when the one before it has come back.
        buffers.Enqueue(2);
        Assert.Equal(2, buffers.GetTotal().Remaining);
        gate.Set();
        Eventually.True(() => buffers.GetTotal().Drained == 2, "the new drainer did not begin");
        Assert.Equal([1, 2], taken);
    }

    [Fact]
    public async Task A_failing_sink_does_not_outlive_the_deadline()
    {
        var sink = new CollectingSink<int> { Fails = _ => new IOException() };
        await using var buffers = sink.Buffers(
            new()
            {
                MaxRetries = 1_000_000,
                Backoff = new() { First = TimeSpan.FromHours(1), Max = TimeSpan.FromHours(1) },
            }
        );
        buffers.Start(1);
        buffers.Enqueue(1);
        Eventually.True(() => sink.Calls == 1, "the sink was not called");
        Assert.Equal(
            1,
            (await buffers.StopAsync(TimeSpan.FromMilliseconds(10)).WaitAsync(TimeSpan.FromSeconds(10))).Remaining
        );
        sink.Fails = _ => null;
        buffers.Start(1);
        Eventually.True(() => buffers.GetTotal().Drained == 1, "the drainer still waits out its backoff");
    }

    [Fact]
    public async Task A_cancelled_stop_ends_at_once_and_reports()
    {
        var sink = new CollectingSink<int>();
        sink.Hold();
        await using var buffers = sink.Buffers();
        buffers.Start(1);
        buffers.Enqueue(1);
        using var cancel = new CancellationTokenSource();
        var stopping = buffers.StopAsync(Timeout.InfiniteTimeSpan, cancel.Token);
        await cancel.CancelAsync();
        Assert.Equal(1, (await stopping.WaitAsync(TimeSpan.FromSeconds(10))).Remaining);
    }

    [Fact]
    public async Task Two_concurrent_stops_return_the_same_report()
    {
        var sink = new CollectingSink<int>();
        sink.Hold();
        await using var buffers = sink.Buffers();
        buffers.Start(1);
        buffers.Enqueue(1);
        var first = buffers.StopAsync();
        var second = buffers.StopAsync();
        Assert.Contains("still stopping", Assert.Throws<InvalidOperationException>(() => buffers.Start(1)).Message);
        sink.LetGo();
        Assert.Same(await first, await second);
        buffers.Start(1);
    }

    [Fact]
    public async Task Stop_before_the_start_reports_nothing()
    {
        await using var buffers = new CollectingSink<int>().Buffers();
        Assert.Equal((0, 0), (buffers.Stop().Drained, buffers.Stop().Remaining));
    }

    [Fact]
    public void An_invalid_deadline_is_refused() =>
        Assert.Contains(
            "deadline is -00:00:01; it must be from 0 to ",
            Assert
                .Throws<ArgumentOutOfRangeException>(() =>
                {
                    new CollectingSink<int>().Buffers().Stop(TimeSpan.FromSeconds(-1));
                })
                .Message
        );

    [Fact]
    public async Task The_buffers_can_be_restarted_repeatedly_with_their_writers()
    {
        var sink = new CollectingSink<int>();
        await using var buffers = sink.Buffers();
        var writer = buffers.CreateWriter();
        for (var i = 0; i < 50; i++)
        {
            buffers.Start(1 + (i % 4));
            Assert.Equal(EnqueueStatus.Accepted, writer.Enqueue(i));
            Assert.True((await buffers.StopAsync()).IsEmpty);
            Assert.Equal(EnqueueStatus.NotStarted, writer.Enqueue(-1));
        }

        Assert.Equal(Enumerable.Range(0, 50), sink.Items);
    }
}
