using ConveyorActors.Buffers.Admission;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>A source whose room a budget over a cluster grants: how one manager keeps to what it is granted.</summary>
public sealed class AllowanceTests
{
    const string Source = "web";
    int woken;

    BufferManager<int> Create(FullMode fullMode = FullMode.Reject, long? mostBytes = null) =>
        new(
            new()
            {
                MaxTotalBytes = mostBytes,
                Stage = new() { FullMode = fullMode },
            },
            new()
            {
                SizeOf = static _ => 1,
                Allowances = new Dictionary<string, SourceAllowance>
                {
                    [Source] = new(Source, _ => Interlocked.Increment(ref woken), TimeProvider.System),
                },
            }
        );

    static AllowanceTerms Terms(long granted, long free = 0) => new(granted, granted, free, 100);

    [Fact]
    public async Task A_source_is_admitted_up_to_its_grant_over_all_stages()
    {
        await using var manager = Create();
        Assert.Equal(OfferStatus.BudgetFull, manager.BufferForStage("a", Source, 1).Status);
        Assert.Equal(1, woken);
        manager.Parts.Allowances.Allow(Source, Terms(3), isExhausted: true, requestBelow: 0);
        Assert.Equal(
            (OfferStatus.Accepted, 2),
            (
                manager.BufferBatchForStage("a", Source, [1, 2]).Status,
                manager.BufferBatchForStage("a", "other", [1, 2]).Accepted
            )
        );
        var rest = manager.BufferBatchForStage("b", Source, [3, 4]);
        Assert.Equal((OfferStatus.BudgetFull, 1, true), (rest.Status, rest.Accepted, rest.CanRetry));
        Assert.Equal("budget of source web over the cluster", Assert.Single(manager.Explain(Source)).Limit);
        Assert.Equal(new(3, 100, 100), manager.GetSnapshot().Sources.Single(s => s.Source == Source).Budget);
        Assert.Null(manager.GetSnapshot().Sources.Single(s => s.Source == "other").Budget);
        Assert.Equal(2, manager.GetLedger()[LossReason.BudgetFull]);
        Assert.True(manager.GetSnapshot().IsConserved);
    }

    [Fact]
    public async Task Results_of_a_hop_without_granted_room_request_more()
    {
        await using var manager = Create();
        manager.Parts.Allowances.Allow(Source, Terms(1), isExhausted: false, requestBelow: 0);
        manager.BufferForStage("a", Source, 1);
        var allowance = manager.Parts.Options.Allowances![Source];
        allowance.TakeNeeds();
        var before = woken;
        Assert.Equal(2, manager.Hop(manager.GetBatch("a", 1), null, "b", new[] { 1, 2, 3 }).Waiting);
        Assert.Equal((before + 1, 1), (woken, allowance.TakeNeeds().Needed));
    }

    [Fact]
    public async Task The_limit_of_the_manager_still_applies_and_is_named()
    {
        await using var manager = Create();
        manager.ChangeLimits(manager.Settings with { MaxPerSource = 2 });
        manager.Parts.Allowances.Allow(Source, Terms(3), isExhausted: false, requestBelow: 0);
        Assert.Equal(
            (OfferStatus.SourceFull, 2),
            (manager.BufferBatchForStage("a", Source, [1, 2, 3]).Status, manager.GetSnapshot().Total.Buffered)
        );
    }

    [Fact]
    public async Task An_offer_that_waits_continues_when_more_is_granted()
    {
        await using var manager = Create(FullMode.Wait);
        var offer = manager.BufferBatchForStageAsync("a", Source, new[] { 1, 2, 3 }).AsTask();
        manager.Parts.Allowances.Allow(Source, Terms(2), isExhausted: true, requestBelow: 0);
        Assert.False(offer.IsCompleted);
        manager.Parts.Allowances.Allow(Source, Terms(3), isExhausted: true, requestBelow: 0);
        Assert.Equal(3, (await Within.Reason(offer)).Accepted);
    }

    [Fact]
    public async Task An_offer_that_does_not_wait_for_room_waits_for_the_first_reply_of_the_budget()
    {
        await using var manager = Create();
        var first = manager.BufferForStageAsync("a", Source, 1).AsTask();
        var second = manager.BufferBatchForStageAsync("a", Source, new[] { 2, 3 }).AsTask();
        Assert.False(first.IsCompleted);
        manager.Parts.Allowances.Allow(Source, Terms(2), isExhausted: false, requestBelow: 0);
        Assert.True((await Within.Reason(first)).IsAccepted);
        Assert.False(second.IsCompleted);
        manager.Parts.Allowances.Allow(Source, Terms(2), isExhausted: true, requestBelow: 0);
        var refused = await Within.Reason(second);
        Assert.Equal((OfferStatus.BudgetFull, 1), (refused.Status, refused.Accepted));
        Assert.Equal([1, 2], manager.Peek("a", 10).Select(r => r.Record));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1_000L)]
    public async Task An_expired_grant_accepts_nothing_new(long? mostBytes)
    {
        await using var manager = Create(mostBytes: mostBytes);
        manager.Parts.Allowances.Allow(
            Source,
            Terms(10),
            isExhausted: true,
            requestBelow: 0,
            usableUntil: TimeProvider.System.GetTimestamp() + 1_000 * TimeProvider.System.TimestampFrequency
        );
        manager.BufferBatchForStage("a", Source, [1, 2, 3]);
        manager.Parts.Allowances.Allow(
            Source,
            Terms(10),
            isExhausted: true,
            requestBelow: 0,
            usableUntil: TimeProvider.System.GetTimestamp()
        );
        Assert.Equal(OfferStatus.BudgetFull, manager.BufferForStage("a", Source, 4).Status);
        Assert.Equal(OfferStatus.BudgetFull, manager.BufferBatchForStage("a", Source, [4, 5]).Status);
        Assert.Equal(0, manager.RequestCredits("a", Source, 1, TimeSpan.FromHours(1)).Records);
        // What is pending is processed, also into the next stage.
        Assert.Equal(0, manager.Hop(manager.GetBatch("a", 1), null, "b", new[] { 10, 11 }).Waiting);
        Assert.Equal([10, 11], manager.Peek("b", 10).Select(r => r.Record));
    }

    [Fact]
    public async Task A_lowered_limit_releases_unused_room_and_admits_nothing_above_it()
    {
        await using var manager = Create();
        manager.Parts.Allowances.Allow(Source, Terms(10), isExhausted: false, requestBelow: 0);
        manager.BufferBatchForStage("a", Source, [1, 2, 3, 4]);
        Assert.Equal(
            (4L, 2L),
            (
                manager.Parts.Allowances.LowerAllowance(Source, 2).Granted,
                manager.Parts.Allowances.LowerAllowance(Source, 2).Admitted
            )
        );
        Assert.Equal(OfferStatus.BudgetFull, manager.BufferForStage("a", Source, 5).Status);
        manager.Complete(manager.GetBatch("a", 3));
        Assert.Equal(2, manager.Parts.Allowances.LowerAllowance(Source, 2).Granted);
        Assert.True(manager.BufferForStage("a", Source, 5).IsAccepted);
        Assert.Equal(OfferStatus.BudgetFull, manager.BufferForStage("a", Source, 6).Status);
    }

    [Fact]
    public async Task Results_of_a_hop_get_their_reserved_room_while_it_is_being_returned()
    {
        await using var manager = Create();
        manager.Parts.Allowances.Allow(Source, Terms(3), isExhausted: false, requestBelow: 0);
        manager.BufferBatchForStage("a", Source, [1, 2]);
        var lease = manager.GetBatch("a", 1);
        // one takes the input's room, one more the free room
        Assert.Equal(2, manager.Hop(lease, null, "b", new[] { 10, 11, 12, 13 }).Waiting);
        Assert.Equal(3, manager.Parts.Allowances.LowerAllowance(Source, 0).Granted);
        Assert.Equal(OfferStatus.BudgetFull, manager.BufferForStage("a", Source, 3).Status);
        manager.Complete(manager.GetBatch("b", 2));
        Assert.Equal([12, 13], manager.Peek("b", 10).Select(r => r.Record));
        Assert.Equal(3, manager.Parts.Allowances.LowerAllowance(Source, 0).Granted);
        manager.Complete(manager.GetBatch("b", 2));
        Assert.Equal(1, manager.Parts.Allowances.LowerAllowance(Source, 0).Granted);
    }

    [Fact]
    public async Task Held_room_never_exceeds_the_grant_as_it_changes_under_load()
    {
        await using var manager = Create();
        using var ending = new CancellationTokenSource();
        var working = Enumerable
            .Range(0, 3)
            .Select(i =>
                Task.Run(() =>
                {
                    var stage = $"s{i % 2}";
                    while (!ending.IsCancellationRequested)
                    {
                        manager.BufferForStage(stage, Source, i);
                        manager.BufferBatchForStage(stage, Source, [i, i, i]);
                        manager.GiveBackCredits(manager.RequestCredits(stage, Source, 2, TimeSpan.FromHours(1)));
                        if (manager.GetBatch(stage, 3) is { Count: > 0 } some)
                            manager.Hop(some, null, "last", new[] { 1, 2 });
                        if (manager.GetBatch("last", 5) is { Count: > 0 } done)
                            manager.Complete(done);
                    }
                })
            )
            .ToArray();
        var random = new Random(5);
        var granted = 0L;
        for (var round = 0; round < 400; round++)
        {
            if (random.Next(2) == 0)
                manager.Parts.Allowances.Allow(
                    Source,
                    Terms(granted += random.Next(5)),
                    isExhausted: true,
                    requestBelow: 0
                );
            else
                granted = manager.Parts.Allowances.LowerAllowance(Source, random.Next(8)).Granted;
            var snapshot = manager.GetSnapshot();
            Assert.True(snapshot.IsConserved);
            if (snapshot.Sources.SingleOrDefault() is { } source)
                Assert.True(source.Level.Used <= granted, $"{source.Level.Used} of {granted}");
        }
        await ending.CancelAsync();
        await Within.Reason(Task.WhenAll(working));
    }
}
