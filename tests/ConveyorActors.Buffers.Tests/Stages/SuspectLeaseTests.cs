using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Stages;

/// <summary>
/// What consumers get while the record that made one of them fail is looked for: records leased one at a time, and no
/// other record with a suspect.
/// </summary>
public sealed class SuspectLeaseTests
{
    readonly StageBuffer<int> stage = StageForTests.Make(StageForTests.Plain with { Quantum = 100 });

    [Fact]
    public void Separate_leases_of_one_record_each_are_leased_one_at_a_time()
    {
        Lease<int>[] held = HoldOneOf("a", "b", "c");
        Assert.Equal(new(SettleStatus.Ok, 3), Abandon(held));
        Assert.All(Retries(), r => Assert.Equal(0, r.Retries));
        var isolated = stage.GetBatch(9, 0)!;
        Assert.Single(isolated);
        Assert.False(stage.CanServeNow);
        Assert.Null(stage.GetBatch(9, 0));
        stage.Complete(isolated.Id, null, 0);
        Assert.True(stage.CanServeNow);
        Assert.Single(stage.GetBatch(9, 0)!);
        stage.AssertConserved();
    }

    [Fact]
    public void Only_the_isolated_record_is_charged_when_leases_fail_together()
    {
        Abandon(HoldOneOf("a", "b"));
        var isolated = stage.GetBatch(9, 0)!;
        stage.Fill("c", 7, 7);
        var other = stage.GetBatch(9, 0)!;
        Assert.Equal([7], other.Records());
        Assert.Equal(new(SettleStatus.Ok, 2), Abandon(isolated, other));
        Assert.Equal([(isolated.Records()[0], 1)], Retries().Where(r => r.Retries > 0));
        stage.AssertConserved();
    }

    [Fact]
    public void Leases_of_more_than_one_record_are_not_isolated()
    {
        stage.Fill("a", 1, 2);
        stage.Fill("b", 3, 3);
        Abandon(stage.GetBatch(2, 0)!, stage.GetBatch(1, 0)!);
        Assert.False(stage.FindQueue("a")!.SuspectsAlone);
        Assert.False(stage.FindQueue("b")!.SuspectsAlone);
        Assert.Equal((1, 1), (Limit("a").Limit, Limit("b").Limit)); // half of three
    }

    [Fact]
    public void Leases_that_one_consumer_holds_together_are_not_isolated()
    {
        stage.Fill("a", 1, 2);
        var first = stage.GetBatch(1, 0)!;
        Abandon(first, stage.GetBatch(1, 0, heldLease: first.Id)!);
        Assert.False(stage.FindQueue("a")!.SuspectsAlone);
    }

    [Fact]
    public void The_open_record_of_a_partly_settled_lease_is_isolated()
    {
        stage.Fill("a", 1, 3);
        stage.Fill("b", 4, 4);
        var (a, b) = (stage.GetBatch(3, 0)!, stage.GetBatch(1, 0)!);
        stage.Complete(a.Id, [1, 2], 0);
        Abandon(a, b);
        Assert.Equal((1, 3L), Limit("a"));
        Assert.True(stage.FindQueue("a")!.SuspectsAlone);
        Assert.True(stage.FindQueue("b")!.SuspectsAlone);
    }

    [Fact]
    public void A_consumer_with_a_suspect_gets_no_other_record_until_it_settles()
    {
        stage.Fill("web", 1, 2);
        Abandon(stage.GetBatch(2, 0)!);
        stage.Fill("log", 3, 3);
        var suspect = stage.GetBatch(9, 0)!;
        Assert.Equal([1], suspect.Records());
        Assert.Null(stage.GetBatch(9, 0, heldLease: suspect.Id));
        Assert.True(suspect.IsLimited);
        Assert.Null(stage.GetBatch(9, 0, heldLease: suspect.Id)); // it is not looked for again
        var other = stage.GetBatch(9, 0)!;
        Assert.Equal([3], other.Records());
        Assert.False(suspect.IsLimited); // a lease was given: conditions have changed
        stage.Complete(suspect.Id, null, 0);
        Assert.Equal([2], stage.GetBatch(9, 0).Records());
    }

    [Fact]
    public void A_consumer_that_holds_records_gets_no_suspect_with_them()
    {
        stage.Fill("web", 1, 2);
        Abandon(stage.GetBatch(2, 0)!);
        stage.Fill("log", 3, 3);
        var suspect = stage.GetBatch(9, 0)!;
        var holder = stage.GetBatch(9, 0)!;
        Assert.Equal([3], holder.Records());
        stage.Complete(suspect.Id, null, 0);
        Assert.Null(stage.GetBatch(9, 0, heldLease: holder.Id));
        Assert.True(holder.IsLimited);
        stage.Complete(holder.Id, null, 0);
        Assert.False(holder.IsLimited);
        Assert.Equal([2], stage.GetBatch(9, 0).Records());
    }

    [Fact]
    public void Only_the_end_of_its_own_lease_ends_the_isolation_of_a_record()
    {
        Abandon(HoldOneOf("a", "b"));
        stage.GetBatch(9, 0);
        stage.Fill("c", 7, 7);
        var other = stage.GetBatch(9, 0)!;
        stage.Complete(other.Id, null, 0);
        Assert.False(stage.CanServeNow);
        Assert.Null(stage.GetBatch(9, 0));
    }

    [Fact]
    public void Records_that_failed_together_with_an_isolated_record_become_suspects()
    {
        Abandon(HoldOneOf("a", "b"));
        var isolated = stage.GetBatch(9, 0)!;
        stage.Fill("c", 11, 17);
        Abandon(isolated, stage.GetBatch(9, 0)!);
        Assert.Equal(4, stage.FindQueue("c")!.LeaseLimit); // half of eight
    }

    [Fact]
    public void A_consumer_with_a_suspect_gets_no_record_of_other_sources()
    {
        var stage = StageForTests.Make(StageForTests.Plain with { Quantum = 1 });
        stage.Fill("web", 1, 2);
        stage.Abandon([stage.GetBatch(2, 0)!.Id], "died", 0);
        stage.Fill("log", 3, 4);
        var suspect = stage.GetBatch(9, 0)!;
        Assert.Equal([1], suspect.Records());
        Assert.Null(stage.GetBatch(9, 0, heldLease: suspect.Id));
        Assert.True(suspect.IsLimited);
        Assert.Null(stage.GetBatch(9, 0, heldLease: suspect.Id));
    }

    [Fact]
    public void A_consumer_without_a_suspect_gets_more_while_another_source_has_suspects()
    {
        stage.Fill("web", 1, 8);
        Abandon(stage.GetBatch(8, 0)!);
        stage.Fill("log", 11, 14);
        var suspects = stage.GetBatch(9, 0)!;
        var first = stage.GetBatch(2, 0)!;
        Assert.Equal([11, 12], first.Records());
        Assert.Equal([13, 14], stage.GetBatch(9, 0, heldLease: first.Id).Records());
        Assert.Equal([5, 6, 7, 8], stage.GetBatch(9, 0, heldLease: suspects.Id).Records()); // four, not one
    }

    [Fact]
    public void A_lease_that_reaches_a_source_with_suspects_ends_at_its_limit()
    {
        stage.Fill("web", 1, 8);
        var failed = stage.GetBatch(8, 0)!;
        stage.Fill("log", 11, 13);
        Abandon(failed);
        Assert.Equal([11, 12, 13, 1], stage.GetBatch(9, 0).Records());
    }

    [Fact]
    public void A_lease_that_takes_the_last_suspect_of_a_source_continues_with_others()
    {
        stage.Fill("web", 1, 8);
        Abandon(stage.GetBatch(8, 0)!);
        stage.Complete(stage.GetBatch(4, 0)!.Id, null, 0);
        stage.Complete(stage.GetBatch(3, 0)!.Id, null, 0);
        stage.Fill("log", 11, 19);
        Assert.Equal([8, 11, 12, 13], stage.GetBatch(9, 0).Records());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_refused_consumer_may_try_again_when_another_lease_ends(bool expires)
    {
        stage.Fill("web", 1, 2);
        Abandon(stage.GetBatch(2, 0)!);
        stage.Fill("log", 3, 4);
        var suspect = stage.GetBatch(9, 0)!;
        var other = stage.GetBatch(1, 0, timeout: TimeSpan.FromMilliseconds(10))!;
        Assert.Null(stage.GetBatch(9, 0, heldLease: suspect.Id));
        Assert.True(suspect.IsLimited);
        if (expires)
            stage.ProcessDue(10);
        else
            stage.Complete(other.Id, null, 0);
        Assert.False(suspect.IsLimited);
    }

    Lease<int>[] HoldOneOf(params string[] sources)
    {
        foreach (var (i, source) in sources.Index())
            stage.Fill(source, i + 1, i + 1);
        return [.. sources.Select(_ => stage.GetBatch(1, 0)!)];
    }

    SettleResult Abandon(params Lease<int>[] leases) => stage.Abandon([.. leases.Select(l => l.Id)], "died", 0);

    (int Limit, long SuspectsUpTo) Limit(string source)
    {
        var queue = stage.FindQueue(source)!;
        return (queue.LeaseLimit, queue.SuspectsUpTo);
    }

    (int Record, int Retries)[] Retries() =>
        [.. stage.Peek(999).OrderBy(r => r.Sequence).Select(r => (r.Record, r.RetryCount))];
}
