using ConveyorActors.Buffers.Cores;

namespace ConveyorActors.Buffers.Tests.Cores;

public class CoreBuffersTests
{
    [Fact]
    public async Task Enqueue_returns_not_started_before_the_start()
    {
        await using var buffers = new CollectingSink<int>().Buffers();
        Assert.False(buffers.IsStarted);
        Assert.Equal(EnqueueStatus.NotStarted, buffers.Enqueue(1));
        Assert.Equal(0, buffers.EnqueueBatch([1, 2], out var status));
        Assert.Equal(EnqueueStatus.NotStarted, status);
        Assert.Equal(EnqueueStatus.NotStarted, buffers.CreateWriter().Enqueue(1));
        Assert.Equal(0, buffers.CreateWriter().EnqueueBatch([1]));
        Assert.Empty(buffers.GetStats());
    }

    [Fact]
    public async Task Start_creates_one_buffer_per_core_by_default()
    {
        await using var buffers = new CollectingSink<int>().Buffers();
        buffers.Start();
        Assert.Equal(Environment.ProcessorCount, buffers.Count);
        await buffers.StopAsync();
        buffers.Start(3);
        Assert.Equal(3, buffers.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(4_097)]
    public void Start_refuses_an_invalid_count(int count)
    {
        var message = Assert
            .Throws<ArgumentOutOfRangeException>(() => new CollectingSink<int>().Buffers().Start(count))
            .Message;
        Assert.Contains($"count is {count}; it must be from 1 to 4096", message);
    }

    [Fact]
    public async Task A_second_start_is_refused()
    {
        await using var buffers = new CollectingSink<int>().Buffers();
        buffers.Start(2);
        Assert.Contains(
            "started already (2)",
            Assert.Throws<InvalidOperationException>(() => buffers.Start(2)).Message
        );
    }

    [Fact]
    public void A_sink_is_required() => Assert.Throws<ArgumentNullException>(() => new CoreBuffers<int>(null!));

    [Fact]
    public async Task Enqueued_items_reach_the_sink_in_batches_up_to_the_maximum_size()
    {
        var sink = new CollectingSink<int>();
        await using var buffers = sink.Buffers(new() { BatchSize = 7 });
        buffers.Start(2);
        for (var i = 0; i < 1_000; i++)
            Assert.Equal(EnqueueStatus.Accepted, buffers.Enqueue(i));
        var report = await buffers.StopAsync();
        Assert.Equal(Enumerable.Range(0, 1_000), sink.Items.Order());
        Assert.All(sink.Batches, b => Assert.InRange(b.Length, 1, 7));
        Assert.True(report.IsEmpty);
    }

    [Fact]
    public async Task Enqueue_returns_full_when_the_core_is_full()
    {
        var sink = new CollectingSink<int>();
        sink.Hold();
        await using var buffers = sink.Buffers(new() { Capacity = 10, BatchSize = 4 });
        buffers.Start(1);
        for (var i = 0; i < 10; i++)
            Assert.Equal(EnqueueStatus.Accepted, buffers.Enqueue(i));
        Assert.Equal(EnqueueStatus.Full, buffers.Enqueue(10));
        Assert.Equal(EnqueueStatus.Full, buffers.Enqueue(10));

        // What is with a slow sink keeps its room.
        Eventually.True(() => buffers.GetTotal().InFlight > 0, "the sink was not called");
        Assert.Equal(EnqueueStatus.Full, buffers.Enqueue(10));
        var total = buffers.GetTotal();
        Assert.Equal((10, 3, 10L), (total.Remaining, total.Refused, total.Accepted));
        Assert.Equal(1.0, total.Fill);

        sink.LetGo();
        Eventually.True(() => buffers.Enqueue(10) == EnqueueStatus.Accepted, "no room came free");
    }

    [Fact]
    public async Task A_batch_is_accepted_as_a_prefix()
    {
        var sink = new CollectingSink<int>();
        sink.Hold();
        await using var buffers = sink.Buffers(new() { Capacity = 5 });
        buffers.Start(1);
        Assert.Equal(3, buffers.EnqueueBatch([1, 2, 3]));
        Assert.Equal(2, buffers.EnqueueBatch([4, 5, 6], out var status));
        Assert.Equal(EnqueueStatus.Full, status);
        Assert.Equal(1, buffers.GetTotal().Refused);
        sink.LetGo();
        await buffers.StopAsync();
        Assert.Equal([1, 2, 3, 4, 5], sink.Items);
    }

    [Fact]
    public async Task Writers_are_spread_over_the_buffers()
    {
        var sink = new CollectingSink<int>();
        await using var buffers = sink.Buffers();
        buffers.Start(3);
        for (var w = 0; w < 6; w++)
            buffers.CreateWriter().EnqueueBatch(new int[w + 1]);
        await buffers.StopAsync();
        Assert.Equal([1L + 4, 2 + 5, 3 + 6], buffers.GetStats().Select(b => b.Drained));
    }

    [Fact]
    public async Task A_writer_is_first_in_first_out()
    {
        var sink = new CollectingSink<int>();
        await using var buffers = sink.Buffers(new() { Capacity = 50, BatchSize = 7 });
        buffers.Start(2);
        var writer = buffers.CreateWriter();
        for (var i = 0; i < 1_000; i++)
        {
            var item = i;
            Eventually.True(() => writer.Enqueue(item) == EnqueueStatus.Accepted, "no room came free");
        }

        await buffers.StopAsync();
        Assert.Equal(Enumerable.Range(0, 1_000), sink.Items);
    }

    [Fact]
    public async Task Idle_drainers_sleep_and_wake_for_the_next_item()
    {
        var sink = new CollectingSink<int>();
        await using var buffers = sink.Buffers();
        buffers.Start(2);
        for (var i = 0; i < 20; i++)
        {
            Eventually.True(
                () => buffers.GetRing(0)!.IsParked && buffers.GetRing(1)!.IsParked,
                "a drainer does not sleep"
            );
            buffers.Enqueue(i);
            var expected = i + 1;
            Eventually.True(() => sink.Items.Count == expected, "a drainer slept on");
        }
    }

    [Fact]
    public async Task Linger_lets_a_batch_wait_for_more_records_up_to_its_limit()
    {
        var clock = new CoresClock();
        var sink = new CollectingSink<int>();
        await using var buffers = sink.Buffers(
            new() { BatchSize = 4, Linger = TimeSpan.FromMilliseconds(50) },
            clock: clock
        );
        buffers.Start(1);
        buffers.Enqueue(1);
        clock.AdvanceWhenAwaited(TimeSpan.FromMilliseconds(49));
        Eventually.True(
            () => buffers.GetRing(0)!.IsParked && clock.Armed == 1,
            "the drainer does not wait for the rest"
        );
        buffers.Enqueue(2);
        Assert.Empty(sink.Batches);
        Eventually.True(
            () => buffers.GetRing(0)!.IsParked && clock.Armed == 1,
            "the drainer does not wait for the rest"
        );
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Eventually.True(() => sink.Batches.Count == 1, "the batch waits too long");
        Assert.Equal([1, 2], sink.Batches[0]);

        buffers.EnqueueBatch([3, 4, 5, 6]);
        Eventually.True(() => sink.Batches.Count == 2, "a full batch waits");
        Assert.Equal([3, 4, 5, 6], sink.Batches[1]);

        buffers.Enqueue(7);
        await buffers.StopAsync();
        Assert.Equal([7], sink.Batches[2]);
    }

    [Fact]
    public async Task A_sink_may_complete_later_and_gets_its_next_batch_after_that()
    {
        var pending = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = 0;
        await using var buffers = new CoreBuffers<int>(
            (_, _, _) => Interlocked.Increment(ref calls) == 1 ? new(pending.Task) : default
        );
        buffers.Start(1);
        buffers.Enqueue(1);
        Eventually.True(() => Volatile.Read(ref calls) == 1, "the sink was not called");
        buffers.Enqueue(2);
        Assert.Equal((1, 1, 0), (buffers.GetTotal().InFlight, buffers.GetTotal().Depth, buffers.GetTotal().Drained));
        pending.SetResult();
        Eventually.True(() => buffers.GetTotal().Drained == 2, "the drainer did not go on");
        Assert.Equal(2, calls);
    }

    [Fact]
    public void Enqueue_allocates_nothing()
    {
        var buffers = new CoreBuffers<string>((_, _, _) => default, new() { Capacity = 1_000 });
        buffers.Start(2);
        var writer = buffers.CreateWriter();
        string[] batch = ["a", "b"];
        // The runtime allocates once for a few things, such as the first time that a drainer sleeps; a record costs
        // nothing in any other round.
        Assert.Contains(0, Enumerable.Range(0, 10).Select(_ => AllocatedBy(20_000)));
        buffers.Stop();

        long AllocatedBy(int times)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Work(times);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        void Work(int times)
        {
            for (var i = 0; i < times; i++)
            {
                buffers.Enqueue("x");
                if (i % 10 != 0)
                    continue;
                writer.Enqueue("y");
                buffers.EnqueueBatch(batch);
                if (i % 1_000 == 0)
                    Thread.SpinWait(2_000); // So that some of them wake a drainer.
            }
        }
    }
}
