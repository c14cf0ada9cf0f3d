using ConveyorActors.Buffers.Cores;

namespace ConveyorActors.Buffers.Tests.Cores;

/// <summary>Real threads, one after the other, as each of these tests wants the machine for itself.</summary>
[Collection("Core stress")]
public class CoreStressTests
{
    const int PerProducer = 100_000;

    /// <summary>An item that says who wrote it and as which one.</summary>
    readonly record struct Mark(int Writer, int Number);

    [Theory]
    [InlineData(2, 2, 256)]
    [InlineData(4, 2, 1)]
    [InlineData(3, 1, 16_384)]
    [InlineData(2, 3, 100)]
    public async Task Every_item_arrives_once_and_in_the_order_of_its_writer(int producers, int count, int capacity)
    {
        var last = NewLast(producers);
        var outOfOrder = 0;
        await using var buffers = new CoreBuffers<Mark>(
            (batch, _, _) =>
            {
                foreach (var mark in batch.Span)
                    if (last[mark.Writer] + 1 != (last[mark.Writer] = mark.Number))
                        Interlocked.Increment(ref outOfOrder);
                return default;
            },
            new() { Capacity = capacity }
        );
        buffers.Start(count);
        var each = capacity < 10 ? PerProducer / 10 : PerProducer;
        await Task.WhenAll(
            Enumerable
                .Range(0, producers)
                .Select(p =>
                    Producer(() =>
                    {
                        var writer = buffers.CreateWriter();
                        for (var i = 0; i < each; i++)
                            while (writer.Enqueue(new(p, i)) != EnqueueStatus.Accepted)
                                Thread.Yield();
                    })
                )
        );
        var report = await buffers.StopAsync();
        Assert.Equal(0, outOfOrder);
        Assert.All(last, n => Assert.Equal(each - 1, n));
        Assert.True(report.IsEmpty);
        Assert.Equal((long)producers * each, buffers.GetTotal().Drained);
    }

    [Fact]
    public async Task The_totals_balance_at_every_check()
    {
        await using var buffers = new CoreBuffers<int>((_, _, _) => default, new() { Capacity = 100, BatchSize = 7 });
        buffers.Start(2);
        var producing = Task.WhenAll(
            Enumerable
                .Range(0, 2)
                .Select(_ =>
                    Producer(() =>
                    {
                        for (var i = 0; i < PerProducer; i++)
                            buffers.Enqueue(i);
                    })
                )
        );
        do
        {
            foreach (var buffer in buffers.GetStats())
            {
                Assert.True(buffer.IsConserved, buffer.ToString());
                Assert.True(buffer.Depth >= 0 && buffer.Remaining <= buffer.Capacity, buffer.ToString());
            }
        } while (!producing.IsCompleted);
        await producing;
        var report = await buffers.StopAsync();
        var total = buffers.GetTotal();
        Assert.Equal(2 * PerProducer, total.Accepted + total.Refused);
        Assert.Equal(total.Accepted, total.Drained);
        Assert.True(report.IsEmpty);
    }

    [Fact]
    public async Task A_stop_during_work_loses_nothing_and_counts_nothing_twice()
    {
        long seen = 0;
        await using var buffers = new CoreBuffers<int>(
            (batch, _, _) =>
            {
                Interlocked.Add(ref seen, batch.Length);
                return default;
            },
            new() { Capacity = 500, BatchSize = 16 }
        );
        var random = new Random(1);
        long acceptedInAll = 0;
        for (var round = 0; round < 32; round++)
        {
            buffers.Start(1 + (round % 3));
            long accepted = 0;
            var producing = Task.WhenAll(
                Enumerable
                    .Range(0, 3)
                    .Select(p =>
                        Producer(() =>
                        {
                            var writer = buffers.CreateWriter();
                            long mine = 0;
                            for (var status = EnqueueStatus.Accepted; status != EnqueueStatus.NotStarted; )
                            {
                                if (p == 0)
                                    mine += (status = writer.Enqueue(1)) == EnqueueStatus.Accepted ? 1 : 0;
                                else if (p == 1)
                                    mine += (status = buffers.Enqueue(1)) == EnqueueStatus.Accepted ? 1 : 0;
                                else
                                    mine += buffers.EnqueueBatch([1, 2, 3], out status);
                            }

                            Interlocked.Add(ref accepted, mine);
                        })
                    )
            );
            Eventually.True(() => buffers.GetTotal().Accepted > acceptedInAll + random.Next(2_000), "nobody produces");

            // Some stops give no time at all: what then remains is the next round's.
            var report = await buffers.StopAsync(round % 4 == 3 ? TimeSpan.Zero : TimeSpan.FromSeconds(10));
            await producing;
            acceptedInAll += accepted;
            Assert.Equal(acceptedInAll, report.Buffers.Sum(b => b.Accepted));
            Assert.Equal(acceptedInAll, report.Buffers.Sum(b => b.Drained) + report.Remaining);
            Assert.True(round % 4 == 3 || report.IsEmpty, report.ToString());
        }

        buffers.Start(1);
        Assert.True((await buffers.StopAsync()).IsEmpty);
        Assert.Equal(acceptedInAll, Interlocked.Read(ref seen));
        Assert.Equal(acceptedInAll, buffers.GetTotal().Drained);
    }

    [Fact]
    public async Task Failing_sinks_and_dying_drainers_lose_nothing_and_keep_the_order_of_writers()
    {
        const int producers = 3;
        var last = NewLast(producers);
        var outOfOrder = 0;
        long drained = 0,
            dead = 0;
        var randoms = new[] { new Random(1), new Random(2) };
        await using var buffers = new CoreBuffers<Mark>(
            (batch, core, _) =>
            {
                if (randoms[core].Next(10) == 0)
                    throw new IOException();
                Look(batch.Span);
                Interlocked.Add(ref drained, batch.Length);
                return default;
            },
            new()
            {
                Capacity = 1_000,
                BatchSize = 32,
                MaxRetries = 1,
                Backoff = BackoffSettings.None,
            },
            (batch, _) =>
            {
                Look(batch.Span);
                Interlocked.Add(ref dead, batch.Length);
            }
        );
        buffers.Probe = (step, core) =>
        {
            if (step != CoreStep.Sunk && randoms[core].Next(200) == 0)
                throw new InvalidOperationException("killed");
        };
        buffers.Start(2);
        await Task.WhenAll(
            Enumerable
                .Range(0, producers)
                .Select(p =>
                    Producer(() =>
                    {
                        var writer = buffers.CreateWriter();
                        for (var i = 0; i < PerProducer; i++)
                            while (writer.Enqueue(new(p, i)) != EnqueueStatus.Accepted)
                                Thread.Yield();
                    })
                )
        );
        var report = await buffers.StopAsync();
        var total = buffers.GetTotal();
        Assert.Equal(0, outOfOrder);
        Assert.All(last, n => Assert.Equal(PerProducer - 1, n));
        Assert.Equal((long)producers * PerProducer, total.Drained + total.DeadLettered);
        Assert.Equal((drained, dead), (total.Drained, total.DeadLettered));
        Assert.True(total.SinkFailures > 0 && total.DrainerRestarts > 0 && total.DeadLettered > 0, total.ToString());
        Assert.True(report.IsEmpty);

        void Look(ReadOnlySpan<Mark> batch)
        {
            foreach (var mark in batch)
                if (last[mark.Writer] + 1 != (last[mark.Writer] = mark.Number))
                    Interlocked.Increment(ref outOfOrder);
        }
    }

    [Fact]
    public async Task No_wake_up_is_lost_when_drainers_sleep_continually()
    {
        long seen = 0;
        await using var buffers = new CoreBuffers<int>(
            (batch, _, _) =>
            {
                Interlocked.Add(ref seen, batch.Length);
                return default;
            }
        );
        buffers.Start(1);
        var random = new Random(1);
        long sent = 0;
        await Producer(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                buffers.Enqueue(i);
                sent++;
                Thread.SpinWait(random.Next(60));
                if (i % 4 != 0)
                    continue;
                Eventually.True(() => Interlocked.Read(ref seen) == sent, $"item {sent} was slept over");
                if (i % 64 == 0)
                    SpinWait.SpinUntil(() => buffers.GetRing(0)!.IsParked, 10);
            }
        });
        Eventually.True(() => Interlocked.Read(ref seen) == sent, "the last items were slept over");
    }

    static int[] NewLast(int producers)
    {
        var last = new int[producers];
        Array.Fill(last, -1);
        return last;
    }

    /// <summary>A thread of its own, so that the test does not depend on what the pool is doing.</summary>
    static Task Producer(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
