using System.Diagnostics;
using ConveyorActors.Testing;
using Xunit.Abstractions;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>Stages and sources are removed all the time while they are used again all the time.</summary>
[Collection(StressCollection.Name)]
public sealed class IdleRemovalStressTests(ITestOutputHelper output)
{
    static readonly TimeSpan Duration = TimeSpan.FromSeconds(1.2);
    static readonly string[] Stages = ["parse", "enrich", "store"];
    static readonly string[] Sources = ["web", "log"];

    [Fact]
    public async Task Nothing_is_lost_when_idle_stages_and_sources_are_removed_during_use()
    {
        var seed = StressSeed.Next(output, nameof(IdleRemovalStressTests));
        var clock = new FakeClock();
        await using var manager = new BufferManager<int>(
            new()
            {
                IdleAfter = TimeSpan.FromMilliseconds(1),
                Stage = new()
                {
                    FullMode = FullMode.Wait,
                    LeaseOrder = LeaseOrder.Shared,
                    LeaseTimeout = TimeSpan.FromDays(3_000),
                    Backoff = BackoffSettings.None,
                },
            },
            new() { Clock = clock }
        );
        var watch = Stopwatch.StartNew();
        long accepted = 0,
            sum = 0,
            removals = 0;
        Task[] using_ =
        [
            .. Enumerable
                .Range(0, 3)
                .Select(user =>
                    Within.Thread(() =>
                    {
                        var random = new Random(seed + user);
                        for (var i = 1; watch.Elapsed < Duration; i++)
                        {
                            // The same names as strings of their own now and then, so that the cache of recent names is
                            // passed by, too.
                            var (stage, source) = (Stages[random.Next(3)], Sources[random.Next(2)]);
                            if (random.Next(4) == 0)
                                (stage, source) = (new(stage), new(source));
                            switch (random.Next(6))
                            {
                                case 0:
                                    using (manager.SubscribeSignals(source)) { }
                                    break;
                                case 1:
                                    Assert.Equal(
                                        2,
                                        manager.GiveBackCredits(
                                            manager.RequestCredits(stage, source, 2, TimeSpan.FromDays(3_000))
                                        )
                                    );
                                    break;
                                case 2:
                                    var one = manager.BufferForStageAsync(stage, source, i);
                                    Assert.True(one.IsCompleted && one.Result.IsAccepted);
                                    Interlocked.Increment(ref accepted);
                                    Interlocked.Add(ref sum, i);
                                    break;
                                default:
                                    Assert.True(manager.BufferForStage(stage, source, i).IsAccepted);
                                    Interlocked.Increment(ref accepted);
                                    Interlocked.Add(ref sum, i);
                                    break;
                            }
                            Take(manager.GetBatch(stage, 3));
                        }
                    })
                ),
            Within.Thread(() =>
            {
                while (watch.Elapsed < Duration)
                {
                    clock.Advance(TimeSpan.FromMilliseconds(2));
                    if (manager.GetSnapshot() is { Stages.Count: < 3 } now)
                    {
                        removals++;
                        Assert.True(now.IsConserved, now.ToString());
                    }
                }
            }),
        ];
        clock.Advance(TimeSpan.FromMinutes(2)); // the first look for idle ones comes after a minute
        await Within.Reason(Task.WhenAll(using_));
        foreach (var stage in Stages)
            Take(manager.GetBatch(stage, int.MaxValue));
        clock.Advance(TimeSpan.FromMinutes(2));
        var end = manager.GetSnapshot();
        Assert.Equal((0, 0), (end.Stages.Count, end.Sources.Count));
        Assert.Equal((accepted, accepted, 0L, 0L), (end.Total.Accepted, end.Total.Completed, end.Total.Used, sum));
        Assert.True(end.IsConserved, end.ToString());
        Assert.True(accepted > 100 && removals > 10, $"{accepted} accepted, {removals} removals");
        output.WriteLine($"{accepted:N0} accepted, {removals:N0} times a stage was gone");

        void Take(Lease<int> lease)
        {
            if (lease.Count == 0)
                return;
            foreach (var record in lease)
                Interlocked.Add(ref sum, -record.Record);
            Assert.True(manager.Complete(lease).IsOk);
        }
    }
}
