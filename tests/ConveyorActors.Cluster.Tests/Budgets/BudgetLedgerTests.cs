using ConveyorActors.Cluster.Budgets;

namespace ConveyorActors.Cluster.Tests.Budgets;

public class BudgetLedgerTests
{
    const string Source = "web";
    const long LongestUse = 100;

    static BudgetLedger Create(long budget, params BudgetAccountState[] recovered)
    {
        var ledger = new BudgetLedger(new Dictionary<string, long> { [Source] = budget }, LongestUse);
        ledger.Recover(1, recovered);
        ledger.Begin(0);
        return ledger;
    }

    static BudgetKey Key(string pipeline) => new(pipeline, Source);

    static void Report(
        BudgetLedger ledger,
        string pipeline,
        long bound,
        long wanted,
        long version = 1,
        long epoch = 1,
        bool isClosed = false,
        long now = 0
    ) => ledger.Report(new(Key(pipeline), epoch, version, bound, wanted, isClosed), now);

    static long BoundOf(BudgetLedger ledger, string pipeline) =>
        ledger.Accounts.SingleOrDefault(a => a.Key.Pipeline == pipeline)?.Bound ?? 0;

    static BudgetGrant GrantOf(BudgetLedger ledger, string pipeline) =>
        ledger.CreateGrant(ledger.Accounts.Single(a => a.Key.Pipeline == pipeline), 0);

    [Fact]
    public void Waiters_are_served_in_order_of_arrival()
    {
        var ledger = Create(10);
        Report(ledger, "a", 0, 10);
        Report(ledger, "b", 0, 2);
        Report(ledger, "c", 0, 2);
        Assert.Equal((10, 0, 0), (BoundOf(ledger, "a"), BoundOf(ledger, "b"), BoundOf(ledger, "c")));
        Report(ledger, "a", 9, 0, version: 2);
        Report(ledger, "a", 8, 0, version: 3);
        Assert.Equal((8, 1, 1), (BoundOf(ledger, "a"), BoundOf(ledger, "b"), BoundOf(ledger, "c")));
        Report(ledger, "a", 6, 0, version: 4);
        Assert.Equal((6, 2, 2), (BoundOf(ledger, "a"), BoundOf(ledger, "b"), BoundOf(ledger, "c")));
        Assert.Equal(0, ledger.CountWaiting(Source));
    }

    [Fact]
    public void A_pipeline_above_its_share_shrinks_when_one_below_its_share_waits()
    {
        var ledger = Create(10);
        Report(ledger, "a", 0, 10);
        Assert.Equal((10, long.MaxValue), (GrantOf(ledger, "a").Bound, GrantOf(ledger, "a").Target));
        ledger.TakeUnsent();
        Report(ledger, "b", 0, 8);
        Assert.Contains(ledger.TakeUnsent(), a => a.Key.Pipeline == "a");
        Assert.Equal((5, true), (GrantOf(ledger, "a").Target, GrantOf(ledger, "b").IsWaiting));
        Report(ledger, "a", 5, 3, version: 2);
        Assert.Equal((5, 5), (BoundOf(ledger, "a"), BoundOf(ledger, "b")));
        // Both want more and have their share: neither must give anything up.
        Assert.Equal((long.MaxValue, long.MaxValue), (GrantOf(ledger, "a").Target, GrantOf(ledger, "b").Target));
    }

    [Fact]
    public void A_lowered_budget_grants_nothing_until_enough_is_returned()
    {
        var ledger = Create(
            10,
            new BudgetAccountState(Key("a"), 1, 1, 12, 0, false),
            new BudgetAccountState(Key("b"), 1, 1, 6, 0, false)
        );
        Report(ledger, "c", 0, 4);
        Assert.Equal((0, 3), (BoundOf(ledger, "c"), GrantOf(ledger, "a").Target));
        Report(ledger, "a", 4, 0, version: 2);
        Assert.Equal(0, BoundOf(ledger, "c"));
        Report(ledger, "a", 3, 0, version: 3);
        Assert.Equal(1, BoundOf(ledger, "c"));
        Report(ledger, "b", 3, 0, version: 2);
        Assert.Equal((4, 10), (BoundOf(ledger, "c"), ledger.GetCharged(Source)));
    }

    [Fact]
    public void The_unused_rest_of_a_dead_incarnation_is_reserved_until_its_grant_expires()
    {
        var ledger = Create(10);
        Report(ledger, "a", 0, 8, now: 10);
        ledger.CreateGrant(ledger.Accounts.Single(), usableUntil: 150);
        Report(ledger, "a", 3, 0, epoch: 2, now: 50);
        Report(ledger, "b", 0, 9, now: 50);
        Assert.Equal((3, 2), (BoundOf(ledger, "a"), BoundOf(ledger, "b"))); // 5 are reserved
        ledger.Expire(149);
        Assert.Equal(2, BoundOf(ledger, "b"));
        ledger.Expire(150);
        Assert.Equal(7, BoundOf(ledger, "b"));
    }

    [Fact]
    public void Only_the_held_room_of_an_incarnation_that_ended_gracefully_is_kept()
    {
        var ledger = Create(10);
        Report(ledger, "a", 0, 8);
        ledger.CreateGrant(ledger.Accounts.Single(), usableUntil: 1_000);
        Report(ledger, "a", 3, 0, version: 2, isClosed: true);
        Assert.Equal(3, ledger.GetCharged(Source));
        Report(ledger, "a", 8, 5); // an old report, overtaken
        Assert.Equal(3, ledger.GetCharged(Source));
        Report(ledger, "a", 3, 1, epoch: 2);
        Assert.Equal(4, ledger.GetCharged(Source));
    }

    [Fact]
    public void A_report_from_before_a_grant_requests_only_the_rest()
    {
        var ledger = Create(100);
        Report(ledger, "a", 0, 8);
        Report(ledger, "a", 0, 8);
        Assert.Equal(8, BoundOf(ledger, "a"));
        Report(ledger, "a", 0, 9);
        Assert.Equal(9, BoundOf(ledger, "a"));
    }

    [Fact]
    public void A_new_singleton_reserves_the_room_of_grants_of_its_predecessor()
    {
        var ledger = Create(10, new BudgetAccountState(Key("a"), 1, 1, 6, 2, false));
        Assert.Equal((2, 8), (ledger.Epoch, ledger.GetCharged(Source)));
        Report(ledger, "a", 1, 0, epoch: 2, now: 20);
        ledger.Expire(LongestUse - 1);
        Assert.Equal(8, ledger.GetCharged(Source));
        ledger.Expire(LongestUse);
        Assert.Equal(1, ledger.GetCharged(Source));
    }

    [Fact]
    public void A_pipeline_that_holds_records_and_does_not_report_is_queried_periodically()
    {
        var ledger = Create(
            10,
            new BudgetAccountState(Key("a"), 1, 1, 6, 0, false),
            new BudgetAccountState(Key("b"), 1, 1, 1, 0, true)
        );
        Report(ledger, "b", 0, 1, epoch: 2, now: 40);
        Assert.Equal([Key("a")], ledger.TakeSilent(30, 130));
        Assert.Empty(ledger.TakeSilent(35, 135));
    }

    [Fact]
    public void An_older_report_changes_nothing()
    {
        var ledger = Create(10);
        Report(ledger, "a", 0, 4);
        Report(ledger, "a", 2, 0, version: 2);
        Assert.False(ledger.Report(new(Key("a"), 1, 1, 4, 6, false), 0));
        Assert.Equal((2, 0), (BoundOf(ledger, "a"), ledger.CountWaiting(Source)));
        Assert.False(GrantOf(ledger, "a").IsWaiting);
    }
}
