using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ConveyorActors.Buffers.Cores;

namespace ConveyorActors.Buffers.Tests.Cores;

public class CoreRingTests
{
    static CoreRing<T> Open<T>(int capacity)
    {
        var ring = new CoreRing<T>(capacity, new AutoResetEvent(false));
        ring.Open();
        return ring;
    }

    [Fact]
    public void Producers_and_consumer_write_no_cache_line_together()
    {
        int tail = Offset(nameof(RingCursors.Tail)),
            known = Offset(nameof(RingCursors.KnownHead)),
            head = Offset(nameof(RingCursors.Head)),
            refused = Offset(nameof(RingCursors.Refused));
        Assert.True(tail >= 128, "the tail is beside the fields in front of it");
        Assert.True(head - known >= 120 && head - tail >= 128, "the head is beside the tail");
        Assert.True(refused - head >= 128, "the refusals are beside the head");
        Assert.True(Unsafe.SizeOf<RingCursors>() - refused >= 128, "the refusals are beside the fields behind them");

        static int Offset(string field) => (int)Marshal.OffsetOf<RingCursors>(field);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(100)]
    [InlineData(128)]
    [InlineData(1000)]
    public void Capacity_is_exact_in_every_round(int capacity)
    {
        var ring = Open<int>(capacity);
        var next = 0;
        var expected = 0;
        for (var round = 0; round < 600; round++)
        {
            var room = capacity - (int)(ring.Accepted - ring.Taken);
            for (var i = 0; i < room; i++)
                Assert.Equal(EnqueueStatus.Accepted, ring.Enqueue(next++));
            Assert.Equal(EnqueueStatus.Full, ring.Enqueue(-1));
            Assert.Equal(0, ring.EnqueueBatch([-1, -2], out var status));
            Assert.Equal(EnqueueStatus.Full, status);
            var ready = ring.CountReady(1 + (round % capacity));
            Assert.InRange(ready, 1, capacity);
            foreach (var item in ring.Peek(ready).Span)
                Assert.Equal(expected++, item);
            ring.Release(ready);
        }
    }

    [Fact]
    public void Parallel_batches_are_each_accepted_as_a_prefix()
    {
        var ring = Open<int>(5);
        Assert.Equal(3, ring.EnqueueBatch([1, 2, 3], out var status));
        Assert.Equal(EnqueueStatus.Accepted, status);
        Assert.Equal(2, ring.EnqueueBatch([4, 5, 6, 7], out status));
        Assert.Equal(EnqueueStatus.Full, status);
        Assert.Equal(0, ring.EnqueueBatch([], out status));
        Assert.Equal(EnqueueStatus.Accepted, status);
        Assert.Equal([1, 2, 3, 4, 5], ring.Peek(ring.CountReady(100)).ToArray());
        Assert.Equal(2, ring.Refused);
    }

    [Fact]
    public void A_closed_ring_accepts_nothing_and_its_count_does_not_change()
    {
        var ring = Open<int>(4);
        ring.Enqueue(1);
        ring.Close();
        Assert.True(ring.IsClosed);
        Assert.Equal(EnqueueStatus.NotStarted, ring.Enqueue(2));
        Assert.Equal(0, ring.EnqueueBatch([3], out var status));
        Assert.Equal(EnqueueStatus.NotStarted, status);
        Assert.Equal(1, ring.Accepted);
        Assert.Equal(1, ring.CountReady(10));
        ring.Open();
        Assert.Equal(EnqueueStatus.Accepted, ring.Enqueue(2));
        Assert.Equal(2, ring.Accepted);
    }

    [Fact]
    public void The_consumer_sleeps_only_without_work_and_the_next_producer_wakes_it()
    {
        using var bell = new AutoResetEvent(false);
        var ring = new CoreRing<int>(4, bell);
        Assert.False(ring.TryPark(0), "it slept on a closed ring");
        ring.Open();
        Assert.True(ring.TryPark(0));
        Assert.True(ring.IsParked);
        Assert.Equal(EnqueueStatus.Accepted, ring.Enqueue(1));
        Assert.True(bell.WaitOne(0), "it was not woken");
        Assert.False(ring.IsParked);
        Assert.False(ring.TryPark(0), "it slept on an item it had not seen");
        Assert.True(ring.TryPark(1));
        Assert.Equal(2, ring.EnqueueBatch([2, 3], out _));
        Assert.True(bell.WaitOne(0), "a batch did not wake it");
        ring.Enqueue(4);
        Assert.False(bell.WaitOne(0), "it was woken twice");
        Assert.True(ring.TryPark(4));
        Assert.Equal(EnqueueStatus.Full, ring.Enqueue(5));
        Assert.True(ring.IsParked, "a refused item woke it");
        ring.Unpark();
        Assert.Equal(4, ring.Accepted);
    }

    [Fact]
    public void A_released_item_is_not_kept_alive()
    {
        var ring = Open<object>(4);
        var gone = Pass(ring);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(gone.TryGetTarget(out _));
        GC.KeepAlive(ring);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference<object> Pass(CoreRing<object> ring)
        {
            var item = new object();
            ring.Enqueue(item);
            ring.Release(ring.CountReady(1));
            return new(item);
        }
    }

    [Fact]
    public async Task Items_of_several_words_arrive_whole()
    {
        var ring = Open<(long, long, string)>(64);
        const int count = 100_000;
        var producer = Task.Run(() =>
        {
            for (long i = 0; i < count; i++)
                while (ring.Enqueue((i, -i, "x")) != EnqueueStatus.Accepted)
                    Thread.Yield();
        });
        for (long seen = 0; seen < count; )
        {
            var ready = ring.CountReady(16);
            foreach (var item in ring.Peek(ready).Span)
                Assert.Equal((seen, -seen++, "x"), item);
            ring.Release(ready);
            if (ready == 0)
                Thread.Yield();
        }

        await producer.WaitAsync(TimeSpan.FromSeconds(10));
    }
}
