using Xunit.Abstractions;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>
/// Offers that wait for room, and consumers that wait for records, given up at random moments: nothing is lost, nothing
/// is left behind.
/// </summary>
[Collection(StressCollection.Name)]
public sealed class WaitingStressTests(ITestOutputHelper output)
{
    static readonly TimeSpan Duration = TimeSpan.FromSeconds(1.2);
    static readonly string[] Stages = ["parse", "store"];
    static readonly string[] Sources = ["web", "log", "bus"];

    readonly record struct Item(int Offerer, int Number);

    [Theory]
    [InlineData(4, 100, 100)] // the stage is what they wait for
    [InlineData(100, 5, 100)] // the source
    [InlineData(100, 100, 6)] // the manager
    [InlineData(3, 4, 5)]
    public async Task Randomly_cancelled_waiting_offers_lose_nothing_and_leave_nothing_behind(
        int perStage,
        int perSource,
        int total
    )
    {
        const int Offerers = 6;
        var seed = StressSeed.Next(output, $"{nameof(WaitingStressTests)} offers {perStage}/{perSource}/{total}");
        await using var manager = new BufferManager<Item>(
            new()
            {
                MaxPerStage = perStage,
                MaxPerSource = perSource,
                MaxTotalRecords = total,
                Stage = new() { FullMode = FullMode.Wait, Backoff = BackoffSettings.None },
            }
        );
        using var end = new CancellationTokenSource(Duration);
        long cancelled = 0,
            partly = 0;
        var expected = new List<Item>[Offerers];
        var offering = Enumerable
            .Range(0, Offerers)
            .Select(offerer =>
                Task.Run(async () =>
                {
                    var random = new Random(seed + offerer);
                    var mine = expected[offerer] = [];
                    for (var number = 0; !end.IsCancellationRequested; )
                    {
                        var batch = new Item[1 + random.Next(7)];
                        for (var i = 0; i < batch.Length; i++)
                            batch[i] = new(offerer, number++);
                        using var giveUp = new CancellationTokenSource();
                        var offer = manager.BufferBatchForStageAsync(
                            Stages[random.Next(2)],
                            Sources[random.Next(3)],
                            batch,
                            cancellationToken: giveUp.Token
                        );
                        if (random.Next(2) == 0)
                        {
                            for (var yields = random.Next(20); yields > 0; yields--)
                                await Task.Yield();
                            if (random.Next(2) == 0)
                                giveUp.Cancel();
                            else
                                _ = giveUp.CancelAsync();
                        }
                        try
                        {
                            var result = await offer;
                            mine.AddRange(batch[..result.Accepted]);
                            if (result.Accepted < batch.Length)
                                Interlocked.Increment(ref partly);
                            if (!giveUp.IsCancellationRequested)
                                Assert.Equal((OfferStatus.Accepted, batch.Length), (result.Status, result.Accepted));
                        }
                        catch (OperationCanceledException)
                        {
                            Interlocked.Increment(ref cancelled);
                        }
                    }
                })
            )
            .ToArray();
        var received = new List<Item>();
        var order = new Dictionary<(string, string), long>();
        var offered = Task.WhenAll(offering);
        var consuming = Task.Run(() =>
        {
            var random = new Random(seed + 100);
            while (!offered.IsCompleted || manager.GetSnapshot().Total.Pending > 0)
            {
                var stage = Stages[random.Next(2)];
                var lease = manager.GetBatch(stage, 1 + random.Next(4));
                if (lease.Count == 0)
                {
                    Thread.Yield();
                    continue;
                }
                foreach (var record in lease)
                {
                    Assert.True(order.GetValueOrDefault((stage, record.SourceId)) < record.Sequence);
                    order[(stage, record.SourceId)] = record.Sequence;
                    received.Add(record.Record);
                }
                manager.Complete(lease);
            }
        });
        await Within.Reason(offered);
        await Within.Reason(consuming);
        Assert.Equal(
            expected.SelectMany(e => e).Order(Comparer<Item>.Create(Compare)),
            received.Order(Comparer<Item>.Create(Compare))
        );
        var snapshot = manager.GetSnapshot();
        Assert.True(snapshot.IsConserved, snapshot.ToString());
        Assert.Equal(
            (0, received.Count, received.Count),
            (snapshot.Total.Used, snapshot.Total.Accepted, snapshot.Total.Offered)
        );
        Assert.All(snapshot.Stages, s => Assert.Equal(0, s.WaitingOffers));
        Assert.All(Sources, s => Assert.Equal(Math.Min(total, perSource), manager.AvailableCredits(s)));
        Assert.True(cancelled > 10 && received.Count > 100, "the test did not do what it is for");
        output.WriteLine($"{received.Count:N0} received, {cancelled:N0} offers cancelled, {partly:N0} in part");
    }

    [Theory]
    [InlineData(LeaseOrder.OneLeasePerSource)]
    [InlineData(LeaseOrder.Shared)]
    public async Task Randomly_cancelled_waiting_consumers_lose_nothing_and_miss_no_record(LeaseOrder leaseOrder)
    {
        var seed = StressSeed.Next(output, $"{nameof(WaitingStressTests)} consumers {leaseOrder}");
        await using var manager = new BufferManager<Item>(
            new()
            {
                MaxPerSource = 60,
                Stage = new()
                {
                    LeaseOrder = leaseOrder,
                    Backoff = BackoffSettings.None,
                    MaxRetries = 1_000_000,
                },
            }
        );
        using var end = new CancellationTokenSource(Duration);
        long accepted = 0,
            received = 0,
            cancelled = 0;
        var sum = new long[2];
        var producing = Enumerable
            .Range(0, 3)
            .Select(producer =>
                Task.Run(async () =>
                {
                    var random = new Random(seed + producer);
                    for (var number = 0; !end.IsCancellationRequested; )
                    {
                        // One record at a time, and then a pause, so that consumers mostly wait.
                        if (manager.BufferForStage("parse", Sources[producer], new(producer, number)).IsAccepted)
                        {
                            Interlocked.Increment(ref accepted);
                            Interlocked.Add(ref sum[0], number++);
                        }
                        for (var yields = random.Next(6); yields > 0; yields--)
                            await Task.Yield();
                    }
                })
            )
            .ToArray();
        var produced = Task.WhenAll(producing);
        using var drained = new CancellationTokenSource();
        var consuming = Enumerable
            .Range(0, 5)
            .Select(consumer =>
                Task.Run(async () =>
                {
                    var random = new Random(seed + 100 + consumer);
                    while (!drained.IsCancellationRequested)
                    {
                        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(drained.Token);
                        var waiting = manager.GetBatchAsync("parse", 1 + random.Next(3), giveUp.Token);
                        // The last of them is never impatient: what is there must reach it though nobody else comes.
                        if (consumer > 0 && random.Next(2) == 0)
                        {
                            for (var yields = random.Next(10); yields > 0; yields--)
                                await Task.Yield();
                            giveUp.Cancel();
                        }
                        try
                        {
                            var lease = await waiting;
                            if (random.Next(5) == 0)
                            {
                                manager.ReturnToBuffer(lease, "not now", charge: random.Next(2) == 0);
                                continue;
                            }
                            foreach (var record in lease)
                                Interlocked.Add(ref sum[1], record.Record.Number);
                            Interlocked.Add(ref received, manager.Complete(lease).Settled);
                        }
                        catch (OperationCanceledException)
                        {
                            Interlocked.Increment(ref cancelled);
                            if (produced.IsCompleted && consumer > 0)
                                return;
                        }
                    }
                })
            )
            .ToArray();
        await Within.Reason(produced);
        await Task.Run(() =>
            Cores.Eventually.True(
                () => Interlocked.Read(ref received) == accepted,
                $"{received} of {accepted} received; {manager.GetSnapshot()}"
            )
        );
        await drained.CancelAsync();
        await Within.Reason(Task.WhenAll(consuming));
        var snapshot = manager.GetSnapshot();
        Assert.True(snapshot.IsConserved, snapshot.ToString());
        Assert.Equal((accepted, 0L, 0L), (received, snapshot.Total.Used, sum[0] - sum[1]));
        Assert.All(snapshot.Stages, s => Assert.Equal(0, s.WaitingConsumers));
        Assert.True(cancelled > 10 && received > 100, "the test did not do what it is for");
        output.WriteLine($"{received:N0} received, {cancelled:N0} waits cancelled");
    }

    static int Compare(Item a, Item b) =>
        a.Offerer != b.Offerer ? a.Offerer.CompareTo(b.Offerer) : a.Number.CompareTo(b.Number);
}
