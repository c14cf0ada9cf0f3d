using System.Collections.Concurrent;
using System.Diagnostics;
using ConveyorActors.Buffers.Cores;
using ConveyorActors.Buffers.Tests.Cores;

namespace ConveyorActors.Buffers.Tests.Seeds;

/// <summary>
/// Every function and example of the SuperCache.Buffer document, and every point where it fails as built.
/// </summary>
public class SuperCacheSeedTests
{
    [Fact]
    public async Task SuperCache_start_enqueue_stop_as_in_its_example()
    {
        var cache = new ConcurrentDictionary<(string, int), string>();
        await using var buffers = new CoreBuffers<(string Table, int Id, string Name)>(
            (batch, _, _) =>
            {
                foreach (var (table, id, name) in batch.Span)
                    cache[(table, id)] = name;
                return default;
            }
        );

        buffers.Start(Environment.ProcessorCount);
        Assert.Equal(EnqueueStatus.Accepted, buffers.Enqueue(("user", 1, "Alice")));
        buffers.Stop();

        Assert.Equal("Alice", cache[("user", 1)]);
    }

    [Fact]
    public async Task SuperCache_start_4_makes_four_buffers()
    {
        await using var buffers = new CollectingSink<int>().Buffers();
        buffers.Start(4);
        Assert.Equal(4, buffers.Count);
        Assert.Equal(4, buffers.GetStats().Count);
    }

    [Fact]
    public async Task SuperCache_enqueue_before_start_and_after_stop_returns_not_started()
    {
        await using var buffers = new CollectingSink<int>().Buffers();
        Assert.Equal(EnqueueStatus.NotStarted, buffers.Enqueue(1));
        buffers.Start();
        buffers.Stop();
        Assert.Equal(EnqueueStatus.NotStarted, buffers.Enqueue(1));
    }

    [Fact]
    public async Task SuperCache_scheduler_affinity_an_item_goes_to_the_buffer_of_its_core()
    {
        var sink = new CollectingSink<int>();
        await using var buffers = sink.Buffers();
        buffers.Start(Environment.ProcessorCount);
        while (true)
        {
            var before = Thread.GetCurrentProcessorId() % buffers.Count;
            var accepted = buffers.GetStats()[before].Accepted;
            buffers.Enqueue(1);
            if (Thread.GetCurrentProcessorId() % buffers.Count != before)
                continue; // Moved in between: says nothing.
            Assert.Equal(accepted + 1, buffers.GetStats()[before].Accepted);
            return;
        }
    }

    [Fact]
    public async Task SuperCache_defect_fixed_LIFO_inside_a_batch()
    {
        var latest = 0;
        var order = new List<int>();
        await using var buffers = new CoreBuffers<int>(
            (batch, _, _) =>
            {
                foreach (var value in batch.Span)
                    order.Add(latest = value);
                return default;
            }
        );
        buffers.Start(4);
        var writer = buffers.CreateWriter();
        for (var i = 1; i <= 1_000; i++)
            writer.Enqueue(i);
        await buffers.StopAsync();
        Assert.Equal(1_000, latest);
        Assert.Equal(Enumerable.Range(1, 1_000), order);
    }

    [Fact]
    public async Task SuperCache_defect_fixed_no_bounds()
    {
        var sink = new CollectingSink<int>();
        sink.Hold();
        await using var buffers = sink.Buffers(new() { Capacity = 100 });
        buffers.Start(1);
        var accepted = 0;
        for (var i = 0; i < 10_000; i++)
            if (buffers.Enqueue(i) == EnqueueStatus.Accepted)
                accepted++;
        Assert.Equal(100, accepted);
        sink.LetGo();
    }

    [Fact]
    public async Task SuperCache_defect_fixed_no_depth_query_and_no_metrics()
    {
        var sink = new CollectingSink<int>();
        sink.Hold();
        await using var buffers = sink.Buffers(new() { Capacity = 10, BatchSize = 3 });
        buffers.Start(1);
        for (var i = 0; i < 12; i++)
        {
            buffers.Enqueue(i);
            if (i == 2)
                Eventually.True(() => buffers.GetStats()[0].InFlight > 0, "the sink was not called");
        }

        var stats = buffers.GetStats()[0];
        Assert.Equal((0, 10, 10, 2, 0), (stats.Core, stats.Remaining, stats.Accepted, stats.Refused, stats.Drained));
        Assert.True(stats.InFlight is >= 1 and <= 3 && stats.IsConserved, stats.ToString());
        sink.LetGo();
    }

    [Fact]
    public async Task SuperCache_defect_fixed_order_lost_when_a_producer_migrates()
    {
        // A writer stays with its buffer, on whichever thread and core it writes.
        var sink = new CollectingSink<int>();
        await using var buffers = sink.Buffers();
        buffers.Start(4);
        var writer = buffers.CreateWriter();
        for (var i = 0; i < 200; i++)
        {
            var item = i;
            await Task.Run(() => writer.Enqueue(item));
        }

        await buffers.StopAsync();
        Assert.Equal(Enumerable.Range(0, 200), sink.Items);
        Assert.Single(buffers.GetStats(), b => b.Accepted > 0);
    }

    [Fact]
    public async Task SuperCache_defect_fixed_stop_loses_what_is_queued()
    {
        long stored = 0;
        await using var buffers = new CoreBuffers<int>(
            (batch, _, _) =>
            {
                Interlocked.Add(ref stored, batch.Length);
                return default;
            },
            new() { Capacity = 500_000 }
        );
        buffers.Start();
        long accepted = 0;
        for (var i = 0; i < 500_000; i++)
            if (buffers.Enqueue(i) == EnqueueStatus.Accepted)
                accepted++;
        var report = buffers.Stop();
        Assert.Equal(accepted, Interlocked.Read(ref stored));
        Assert.Equal(0, report.Remaining);
    }

    [Fact]
    public async Task SuperCache_defect_fixed_a_dead_drainer_accepts_for_ever_and_stores_nothing()
    {
        var sink = new CollectingSink<int>();
        var deaths = 0;
        await using var buffers = sink.Buffers(new() { BatchSize = 10 });
        buffers.Probe = (step, _) =>
        {
            if (step == CoreStep.Taken && Interlocked.Increment(ref deaths) <= 5)
                throw new InvalidOperationException("crash");
        };
        buffers.Start(1);
        for (var i = 0; i < 1_000; i++)
            Assert.Equal(EnqueueStatus.Accepted, buffers.Enqueue(i));
        await buffers.StopAsync();
        Assert.Equal(Enumerable.Range(0, 1_000), sink.Items);
        Assert.Equal(5, buffers.GetTotal().DrainerRestarts);
    }

    [Fact]
    public async Task SuperCache_defect_fixed_a_failed_write_is_logged_and_dropped()
    {
        var sink = new CollectingSink<int> { Fails = call => call is 1 or >= 3 ? new IOException() : null };
        var dead = new ConcurrentQueue<int>();
        await using var buffers = sink.Buffers(
            new() { MaxRetries = 1, Backoff = BackoffSettings.None },
            (batch, _) =>
            {
                foreach (var item in batch.Span)
                    dead.Enqueue(item);
            }
        );
        buffers.Start(1);
        buffers.Enqueue(1);
        Eventually.True(() => buffers.GetTotal().Drained == 1, "not tried again");
        buffers.Enqueue(2);
        Eventually.True(() => buffers.GetTotal().DeadLettered == 1, "not among the dead letters");
        Assert.Equal([1], sink.Items);
        Assert.Equal([2], dead);
    }

    [Fact]
    public async Task SuperCache_defect_fixed_enqueue_raises_when_the_queue_has_died()
    {
        await using var buffers = new CollectingSink<int>().Buffers(new() { Capacity = 100 });
        buffers.Probe = (_, _) => throw new InvalidOperationException("crash");
        buffers.Start(1);
        for (var i = 0; i < 1_000; i++)
            Assert.Equal(i < 100 ? EnqueueStatus.Accepted : EnqueueStatus.Full, buffers.Enqueue(i));
        var report = await buffers.StopAsync(TimeSpan.Zero);
        Assert.Equal(100, report.Remaining);
        Assert.Equal(EnqueueStatus.NotStarted, buffers.Enqueue(1));
    }

    [Fact]
    public async Task SuperCache_defect_fixed_a_call_for_each_item()
    {
        // How fast that is, the benchmarks say. Here all items wait behind the first call.
        const int count = 10_000,
            batch = 500;
        var calls = 0;
        var all = new TaskCompletionSource();
        await using var buffers = new CoreBuffers<int>(
            async (_, _, _) =>
            {
                calls++;
                await all.Task;
            },
            new() { BatchSize = batch, Capacity = count }
        );
        buffers.Start(1);
        for (var i = 0; i < count; i++)
            Assert.Equal(EnqueueStatus.Accepted, buffers.Enqueue(i));
        all.SetResult();
        Assert.Equal(0, (await buffers.StopAsync()).Remaining);
        Assert.InRange(calls, count / batch, count / batch + 1);
    }
}
