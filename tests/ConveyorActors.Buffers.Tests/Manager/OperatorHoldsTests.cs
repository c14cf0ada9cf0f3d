using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>
/// What an operator holds, the checkpoint that keeps it, and that a hold is in force when the call returns.
/// </summary>
public sealed class OperatorHoldsTests
{
    static readonly DateTimeOffset Then = new(2031, 5, 17, 13, 14, 15, 678, TimeSpan.Zero);

    [Fact]
    public void Holds_are_unchanged_after_a_restart_from_their_checkpoint()
    {
        var holds = new OperatorHolds();
        holds.Add(HoldTarget.Stage, "with blanks  in it ", Then);
        holds.Add(HoldTarget.Source, "web", Then.AddTicks(7));
        holds.Add(HoldTarget.Source, "naïve 🚚", Then.AddDays(-40_000));
        var restored = new OperatorHolds();
        restored.Restore(holds.ToCheckpoint().Value);
        Assert.Equal(holds.List(), restored.List());
        Assert.Equal(
            [("naïve 🚚", HoldTarget.Source), ("web", HoldTarget.Source), ("with blanks  in it ", HoldTarget.Stage)],
            restored.List().Select(h => (h.Name, h.Target))
        );
        Assert.Equal(Then, restored.GetHeldSince(HoldTarget.Source, "web"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("source")]
    [InlineData("source 5")]
    [InlineData("source five web")]
    [InlineData("pipeline 5 web\n\nsource 5 ")]
    public void Unknown_members_of_a_newer_version_are_ignored(string checkpoint)
    {
        var holds = new OperatorHolds();
        holds.Restore(checkpoint + "\nsource 5 web\nsource 9223372036854775807 far");
        Assert.Equal(["far", "web"], holds.List().Select(h => h.Name));
    }

    [Fact]
    public async Task After_pausing_returns_no_thread_accepts_more_records_of_the_source()
    {
        await using var manager = new BufferManager<int>(
            new()
            {
                MaxPerStage = 1_000_000,
                MaxPerSource = 1_000_000,
                MaxTotalRecords = 1_000_000,
            }
        );
        using var ending = new CancellationTokenSource();
        var offering = Enumerable
            .Range(0, 4)
            .Select(i =>
                Task.Run(() =>
                {
                    while (!ending.IsCancellationRequested)
                    {
                        manager.BufferForStage($"s{i % 2}", "web", i);
                        manager.BufferBatchForStage($"s{i % 2}", "web", [i, i]);
                        manager.GiveBackCredits(manager.RequestCredits("s0", "web", 3, TimeSpan.FromHours(1)));
                    }
                })
            )
            .ToArray();
        for (var round = 0; round < 50; round++)
        {
            manager.Pause(HoldTarget.Source, "web");
            var before = manager.GetSnapshot().Total;
            for (var i = 0; i < 20; i++)
                Assert.Equal(OfferStatus.Held, manager.BufferForStage("s0", "web", 0).Status);
            Assert.Equal(before.Accepted, manager.GetSnapshot().Total.Accepted);
            manager.Resume(HoldTarget.Source, "web");
            if (manager.GetBatch("s0", 10_000) is { Count: > 0 } some)
                manager.Complete(some);
        }
        await ending.CancelAsync();
        await Task.WhenAll(offering);
        Assert.True(manager.GetSnapshot().IsConserved);
    }

    [Fact]
    public async Task After_pausing_returns_no_lease_of_the_stage_is_in_progress()
    {
        await using var manager = new BufferManager<int>();
        using var ending = new CancellationTokenSource();
        var consuming = Enumerable
            .Range(0, 3)
            .Select(i =>
                Task.Run(async () =>
                {
                    while (!ending.IsCancellationRequested)
                    {
                        var lease = await manager.GetBatchAsync("s", 3);
                        if (lease.Count == 0)
                            return;
                        manager.Complete(lease);
                    }
                })
            )
            .ToArray();
        for (var round = 0; round < 50; round++)
        {
            manager.Pause(HoldTarget.Stage, "s");
            var taken = manager.GetSnapshot().Stages.SingleOrDefault()?.Level is { } level
                ? level.Completed + level.InFlight
                : 0;
            for (var i = 0; i < 5; i++)
                Assert.True(manager.BufferForStage("s", "web", i).IsAccepted);
            var after = manager.GetSnapshot().Stages.Single().Level;
            Assert.Equal((taken, 5), (after.Completed + after.InFlight, after.Buffered));
            manager.Resume(HoldTarget.Stage, "s");
            SpinWait.SpinUntil(() => manager.GetSnapshot().Total.Pending == 0, TimeSpan.FromSeconds(20));
        }
        await ending.CancelAsync();
        await manager.StopAsync(TimeSpan.Zero);
        await Task.WhenAll(consuming);
        Assert.Equal((250, 0), (manager.GetSnapshot().Total.Completed, manager.GetSnapshot().Total.Pending));
    }
}
