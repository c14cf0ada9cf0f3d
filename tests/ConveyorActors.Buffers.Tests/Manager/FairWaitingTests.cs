using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>
/// Whoever waits for room is served first come, first served over all stages, and holds up nobody who has room.
/// </summary>
public sealed class FairWaitingTests
{
    static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    static readonly StageSettings Wait = new() { FullMode = FullMode.Wait };

    readonly FakeClock clock = new();

    public enum Kind
    {
        Offer,
        Batch,
        Credits,
    }

    public static TheoryData<Kind, Kind> Pairs()
    {
        var pairs = new TheoryData<Kind, Kind>();
        foreach (var first in Enum.GetValues<Kind>())
        foreach (var second in Enum.GetValues<Kind>())
            pairs.Add(first, second);
        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Waiters_for_the_manager_are_served_in_the_order_of_arrival(Kind odd, Kind even)
    {
        var manager = new BufferManager<int>(new() { MaxTotalRecords = 1, Stage = Wait }, new() { Clock = clock });
        manager.BufferForStage("begin", "first", 0);
        var waiters = Enumerable
            .Range(0, 12)
            .Select(i => Begin(manager, i % 2 == 0 ? even : odd, $"stage {i * 7 % 5}", $"source {i % 3}"))
            .ToList();
        manager.Complete(manager.GetBatch("begin", 1));
        for (var next = 0; next < 12; next++)
        {
            await Within.Reason(waiters[next]);
            Assert.All(waiters.Skip(next + 1), w => Assert.False(w.IsCompleted));
            GiveBack(manager, waiters[next], $"stage {next * 7 % 5}");
        }
        Assert.True(manager.GetSnapshot().IsConserved);
    }

    [Fact]
    public async Task A_later_offer_to_another_stage_never_overtakes_a_waiting_offer()
    {
        for (var run = 0; run < 20; run++)
        {
            var manager = new BufferManager<int>(new() { MaxTotalRecords = 1, Stage = Wait }, new() { Clock = clock });
            manager.BufferForStage("x", "sx", 0);
            var first = manager.BufferForStageAsync("y", "sy", 0).AsTask();
            var later = manager.BufferForStageAsync("x", "sx", 1).AsTask();
            manager.Complete(manager.GetBatch("x", 1));
            await Within.Reason(first);
            Assert.False(later.IsCompleted);
        }
    }

    [Fact]
    public async Task A_new_offer_cannot_use_room_that_another_offer_waits_for()
    {
        var manager = new BufferManager<byte[]>(
            new() { MaxTotalBytes = 10 },
            new() { Clock = clock, SizeOf = r => r.Length }
        );
        manager.ConfigureStage("large", Wait);
        manager.BufferForStage("small", "a", new byte[6]);
        var waits = manager.BufferForStageAsync("large", "b", new byte[8]).AsTask();
        // it would starve the large one
        Assert.Equal(OfferStatus.GlobalFull, manager.BufferForStage("small", "a", new byte[1]).Status);
        Assert.Equal(0, manager.RequestCredits("small", "c", 1, Minute, 1).Records);
        manager.Complete(manager.GetBatch("small", 1));
        Assert.True((await Within.Reason(waits)).IsAccepted);
        Assert.True(manager.BufferForStage("small", "a", new byte[1]).IsAccepted);
    }

    [Theory]
    [InlineData(Kind.Offer)]
    [InlineData(Kind.Batch)]
    [InlineData(Kind.Credits)]
    public async Task An_offer_that_waits_for_its_own_source_delays_no_other_source(Kind kind)
    {
        var manager = new BufferManager<int>(new() { MaxPerSource = 1, Stage = Wait }, new() { Clock = clock });
        manager.BufferForStage("s", "a", 1);
        var waits = Begin(manager, kind, "s", "a");
        Assert.True(manager.BufferForStage("s", "b", 1).IsAccepted);
        Assert.True(manager.BufferBatchForStage("s", "c", [1]).IsAccepted);
        Assert.Equal(1, manager.RequestCredits("s", "d", 1, Minute).Records);
        Assert.Equal(1, (await Within.Reason(manager.WaitForCreditsAsync("s", "e", 1, Minute))).Records);
        Assert.True((await Within.Reason(manager.BufferForStageAsync("s", "f", 1))).IsAccepted);
        Assert.False(waits.IsCompleted);
        manager.Complete(manager.GetBatch("s", new BatchRequest(1)));
        await Within.Reason(waits);
    }

    [Theory]
    [InlineData(Kind.Offer)]
    [InlineData(Kind.Batch)]
    [InlineData(Kind.Credits)]
    public async Task An_offer_that_waits_for_its_own_stage_delays_no_other_stage(Kind kind)
    {
        var manager = new BufferManager<int>(new() { MaxPerStage = 1, Stage = Wait }, new() { Clock = clock });
        manager.BufferForStage("s", "a", 1);
        var waits = Begin(manager, kind, "s", "a");
        Assert.Equal(OfferStatus.StageFull, manager.BufferForStage("s", "b", 1).Status);
        Assert.True(manager.BufferForStage("t", "a", 1).IsAccepted);
        Assert.Equal(1, manager.RequestCredits("u", "b", 1, Minute).Records);
        Assert.True((await Within.Reason(manager.BufferForStageAsync("v", "b", 1))).IsAccepted);
        Assert.False(waits.IsCompleted);
    }

    [Fact]
    public async Task An_offer_to_a_full_stage_does_not_delay_its_source_at_other_stages()
    {
        // It waited for its source first, and waits for the stage now: what it was found to wait for must not stay.
        var manager = new BufferManager<int>(
            new()
            {
                MaxPerSource = 2,
                MaxPerStage = 3,
                Stage = Wait,
            },
            new() { Clock = clock }
        );
        manager.BufferBatchForStage("other", "a", [1, 2]);
        manager.BufferBatchForStage("s", "b", [1, 2]);
        manager.BufferForStage("s", "c", 1);
        var stage = manager.BufferForStageAsync("s", "d", 1).AsTask();
        var source = manager.BufferForStageAsync("s", "a", 3).AsTask();
        manager.Complete(manager.GetBatch("other", 2)); // source a has room; stage s has none
        Assert.True(manager.BufferForStage("other", "a", 4).IsAccepted);
        Assert.False(stage.IsCompleted || source.IsCompleted);
        manager.Complete(manager.GetBatch("s", 1));
        Assert.True((await Within.Reason(stage)).IsAccepted);
    }

    [Fact]
    public void Hops_of_one_depth_are_served_in_the_order_they_came()
    {
        for (var run = 0; run < 10; run++)
        {
            var manager = new BufferManager<int>(new() { MaxTotalRecords = 2 }, new() { Clock = clock });
            // the order of the stages' names, or of their hashes, must not matter
            string[] targets = [$"x{run}", $"y{run}"];
            foreach (var target in targets)
                manager.BufferForStage("from", target, 1);
            var waiting = targets.Select(t =>
                manager
                    .Hop(manager.GetBatch("from", new BatchRequest(1) { OneSource = true }), null, t, new[] { 1, 2, 3 })
                    .Waiting
            );
            Assert.Equal([2, 2], waiting.ToArray());
            manager.Complete(manager.GetBatch(targets[1], 1)); // its room is the first hop's
            Assert.Equal(
                [1, 2],
                targets.Select(t => manager.GetSnapshot().Stages.Single(s => s.Stage == t).Level.Hopping)
            );
            manager.Complete(manager.GetBatch(targets[0], 2));
            Assert.Equal(
                [0, 1],
                targets.Select(t => manager.GetSnapshot().Stages.Single(s => s.Stage == t).Level.Hopping)
            );
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Any_number_of_waits_can_be_cancelled_in_any_order(bool firstFirst)
    {
        const int many = 20_000;
        var manager = new BufferManager<int>(
            new()
            {
                MaxPerSource = 1,
                MaxTotalRecords = 1_000_000,
                MaxPerStage = 1_000_000,
                Stage = Wait,
            },
            new() { Clock = clock }
        );
        manager.BufferForStage("s", "a", 1);
        manager.BufferForStage("s", "b", 1);
        var cancels = Enumerable.Range(0, many).Select(_ => new CancellationTokenSource()).ToArray();
        var waiting = cancels
            .Select(
                (c, i) =>
                    manager.BufferForStageAsync("s", i % 2 == 0 ? "a" : "b", i, cancellationToken: c.Token).AsTask()
            )
            .ToArray();
        await Within.Reason(
            Within.Thread(() =>
            {
                foreach (var cancel in firstFirst ? cancels : cancels.Reverse())
                    cancel.Cancel();
            })
        );
        foreach (var task in waiting)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Within.Reason(task));
        Assert.Equal((0, 2L), (manager.GetSnapshot().Stages[0].WaitingOffers, manager.GetSnapshot().Total.Offered));
    }

    static Task Begin(BufferManager<int> manager, Kind kind, string stage, string source) =>
        kind switch
        {
            Kind.Offer => manager.BufferForStageAsync(stage, source, 1).AsTask(),
            Kind.Batch => manager.BufferBatchForStageAsync(stage, source, new[] { 1 }).AsTask(),
            _ => manager.WaitForCreditsAsync(stage, source, 1, Minute).AsTask(),
        };

    static void GiveBack(BufferManager<int> manager, Task done, string stage)
    {
        if (done is Task<CreditGrant> credits)
            manager.GiveBackCredits(credits.Result);
        else
            manager.Complete(manager.GetBatch(stage, 1));
    }

    [Fact]
    public async Task Small_records_do_not_overtake_a_large_record_that_waits_for_bytes()
    {
        await using var manager = new BufferManager<string>(
            new() { MaxTotalBytes = 10, Stage = Wait },
            new() { SizeOf = static text => text.Length }
        );
        manager.BufferForStage("s", "a", "123456");
        var large = manager.BufferForStageAsync("s", "b", "1234567").AsTask();
        Assert.Equal(0, manager.BufferBatchForStage("s", "b", ["1", "2"]).Accepted);
        Assert.Equal(0, manager.BufferBatchForStage("s", "c", ["1", "2"]).Accepted);
        manager.Complete(manager.GetBatch("s", 1));
        Assert.True((await Within.Reason(large)).IsAccepted);
        Assert.Equal(2, manager.BufferBatchForStage("s", "c", ["1", "2"]).Accepted);
    }
}
