using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Stages;

/// <summary>Which records are charged when their consumer fails, and how small the next leases are.</summary>
public sealed class LeaseFailuresTests
{
    readonly StageBuffer<int> stage = StageForTests.Make(StageForTests.Plain with { Quantum = 100 });

    [Fact]
    public void A_lease_is_open_until_its_deadline()
    {
        stage.Fill("web", 1, 1);
        var lease = stage.GetBatch(1, 0)!;
        Assert.Equal(1_000, stage.NextDue);
        stage.ProcessDue(999);
        Assert.Equal(1, stage.InFlight);
        stage.ProcessDue(1_000);
        Assert.Equal((1, 0), (stage.Buffered, stage.InFlight));
        Assert.Equal(new(SettleStatus.LeaseExpired, 0), stage.Complete(lease.Id, null, 1_000));
        Assert.Equal([1], lease.Records()); // it stays readable
    }

    [Fact]
    public void A_call_after_the_deadline_finds_the_lease_expired()
    {
        stage.Fill("web", 1, 1);
        var lease = stage.GetBatch(1, 0)!;
        Assert.Equal(SettleStatus.Ok, stage.Renew(lease.Id, 999));
        Assert.Equal(new(SettleStatus.LeaseExpired, 0), stage.Complete(lease.Id, null, 1_999));
        Assert.Equal([(1, 1)], Retries());
    }

    [Fact]
    public void A_single_open_record_is_charged()
    {
        stage.Fill("web", 1, 3);
        var lease = stage.GetBatch(3, 0)!;
        stage.Complete(lease.Id, [1, 3], 0);
        stage.ProcessDue(1_000);
        Assert.Equal([(2, 1)], Retries());
        stage.AssertConserved();
    }

    [Fact]
    public void A_record_that_kills_each_consumer_becomes_a_dead_letter()
    {
        stage.Fill("web", 1, 1);
        for (var i = 1; i <= 3; i++)
            Assert.Equal(new(SettleStatus.Ok, 1, i == 3 ? 1 : 0), Abandon(stage.GetBatch(1, 0)!));
        Assert.Equal([1], stage.Dead());
        Assert.Equal("died", stage.DeadLetters.List(1)[0].LastError);
        stage.AssertConserved();
    }

    [Fact]
    public void An_expired_record_is_dead_lettered_with_the_reason()
    {
        var stage = StageForTests.Make(StageForTests.Plain with { MaxRetries = 0 });
        stage.Fill("web", 1, 1);
        stage.GetBatch(1, 0);
        stage.ProcessDue(1_000);
        Assert.Equal("lease expired", Assert.Single(stage.DeadLetters.List(9)).LastError);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Of_several_open_records_none_is_charged_and_leases_are_halved(bool isAbandoned)
    {
        stage.Fill("web", 1, 8);
        Fail(stage.GetBatch(8, 0)!);
        Assert.All(Retries(), r => Assert.Equal(0, r.Retries));
        var lease = stage.GetBatch(8, Now)!;
        Assert.Equal([1, 2, 3, 4], lease.Records());
        stage.Complete(lease.Id, [1], Now);
        Fail(lease);
        Assert.Equal([2], stage.GetBatch(8, Now).Records()); // half of three open ones
        stage.AssertConserved();

        void Fail(Lease<int> failed)
        {
            if (isAbandoned)
                Abandon(failed);
            else
                stage.ProcessDue(Now += 1_000);
        }
    }

    [Fact]
    public void Leases_grow_again_once_the_suspects_are_settled()
    {
        stage.Fill("web", 1, 40);
        Abandon(stage.GetBatch(4, 0)!);
        Assert.Equal([2, 2, 4, 8, 16, 8], Enumerable.Range(0, 6).Select(_ => CompleteNext()));
    }

    [Fact]
    public void A_lease_that_was_returned_untried_does_not_let_leases_grow()
    {
        stage.Fill("web", 1, 40);
        Abandon(stage.GetBatch(4, 0)!);
        CompleteNext();
        CompleteNext(); // the last of the suspects
        var lease = stage.GetBatch(40, 0)!;
        Assert.Equal(4, lease.Count);
        stage.ReturnToBuffer(lease.Id, [8], "stopped", charge: false, 0);
        stage.Complete(lease.Id, null, 0);
        Assert.Equal([4, 8], new[] { CompleteNext(), CompleteNext() });
    }

    [Fact]
    public void A_return_of_no_record_leaves_a_lease_tried()
    {
        stage.Fill("web", 1, 40);
        Abandon(stage.GetBatch(4, 0)!);
        CompleteNext();
        CompleteNext();
        var lease = stage.GetBatch(40, 0)!;
        stage.ReturnToBuffer(lease.Id, [99], "stopped", charge: false, 0);
        stage.Complete(lease.Id, null, 0);
        Assert.Equal(8, CompleteNext());
    }

    [Fact]
    public void Leases_of_sources_that_did_not_fail_are_not_limited()
    {
        stage.Fill("web", 1, 4);
        Abandon(stage.GetBatch(4, 0)!);
        stage.Fill("log", 11, 30);
        Assert.Equal([1, 2], stage.GetBatch(99, 0).Records());
        Assert.Equal(20, stage.GetBatch(99, 0)!.Count);
    }

    [Fact]
    public void A_lease_of_several_sources_narrows_each_of_them_to_half_of_all()
    {
        stage.Fill("web", 1, 5);
        stage.Fill("log", 6, 8);
        stage.Fill("web", 9, 9);
        Abandon(stage.GetBatch(99, 0)!);
        Assert.Equal((4, 9L), Limit("web")); // nine records were open
        Assert.Equal((4, 8L), Limit("log"));
        stage.AssertConserved();
    }

    [Fact]
    public void Suspects_end_at_the_last_record_that_was_open()
    {
        stage.Fill("web", 1, 4);
        var lease = stage.GetBatch(4, 0)!;
        stage.Complete(lease.Id, [1, 4], 0);
        Abandon(lease);
        Assert.Equal((1, 3L), Limit("web"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Leases_held_together_are_halved_once_each_time_they_fail(bool isAbandoned)
    {
        stage.Fill("web", 1, 16);
        var limits = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            var first = stage.GetBatch(8, Now)!;
            var second = stage.GetBatch(8, Now, heldLease: first.Id)!;
            if (isAbandoned)
                Abandon(first, second);
            else
                stage.ProcessDue(Now += 1_000);
            limits.Add(Limit("web").Limit);
        }
        Assert.Equal([8, 4, 2], limits);
    }

    [Fact]
    public void Suspects_are_not_leased_together_with_later_records()
    {
        stage.Fill("web", 1, 6);
        Abandon(stage.GetBatch(6, 0)!); // at most 3, and 6 is the last suspect
        stage.Complete(stage.GetBatch(3, 0)!.Id, null, 0);
        stage.Complete(stage.GetBatch(2, 0)!.Id, null, 0);
        stage.Fill("web", 7, 9);
        Assert.Equal([6], stage.GetBatch(9, 0).Records());
        Assert.Null(stage.GetBatch(9, 0));
    }

    [Fact]
    public void Both_leases_of_a_dead_consumer_are_judged_together()
    {
        stage.Fill("web", 1, 8);
        var first = stage.GetBatch(4, 0)!;
        var second = stage.GetBatch(4, 0, heldLease: first.Id)!;
        Assert.Equal(new(SettleStatus.Ok, 8), Abandon(first, second, first));
        Assert.Equal((4, 8L), Limit("web")); // half of eight, which are all suspects
        Assert.All(Retries(), r => Assert.Equal(0, r.Retries));
        Assert.Equal([1, 2, 3, 4], stage.GetBatch(8, 0).Records());
    }

    [Fact]
    public void A_lease_that_expires_makes_the_records_held_beside_it_suspects()
    {
        stage.Fill("web", 1, 2);
        var first = stage.GetBatch(1, 0)!;
        var second = stage.GetBatch(1, 500, heldLease: first.Id)!;
        stage.ProcessDue(1_000);
        Assert.Equal(2, second.FailedWith);
        Assert.Equal([(1, 0)], Retries());
        stage.ProcessDue(1_500);
        Assert.Equal([(1, 0), (2, 0)], Retries()); // neither is charged: either may have been the cause
        Assert.Equal((1, 2L), Limit("web"));
    }

    [Fact]
    public void A_record_that_expires_alone_is_charged_whatever_others_hold()
    {
        stage.Fill("web", 1, 1);
        stage.Fill("log", 2, 2);
        stage.GetBatch(1, 0);
        var other = stage.GetBatch(1, 500)!;
        stage.ProcessDue(1_000);
        Assert.Equal((0, 1), (other.FailedWith, Retries().Single().Retries));
    }

    [Fact]
    public void One_of_two_leases_held_together_that_is_abandoned_is_not_charged()
    {
        stage.Fill("web", 1, 4);
        var first = stage.GetBatch(1, 0)!;
        var second = stage.GetBatch(3, 0, heldLease: first.Id)!;
        Abandon(first);
        Assert.Equal([(1, 0)], Retries()); // any of the four may have been the cause
        Assert.Equal((4, 2), (second.FailedWith, Limit("web").Limit));
    }

    [Fact]
    public void Leases_that_are_not_open_are_named_expired_or_unknown()
    {
        stage.Fill("web", 1, 2);
        var expired = stage.GetBatch(1, 0)!;
        stage.ProcessDue(1_000);
        Assert.Equal(new(SettleStatus.Ok, 0), stage.Abandon([], "died", 1_000));
        Assert.Equal(new(SettleStatus.UnknownLease, 0), stage.Abandon([99], "died", 1_000));
        Assert.Equal(new(SettleStatus.LeaseExpired, 0), stage.Abandon([99, expired.Id], "died", 1_000));
        var open = stage.GetBatch(1, 1_000)!;
        Assert.Equal(new(SettleStatus.Ok, 1), stage.Abandon([99, expired.Id, open.Id], "died", 1_000));
    }

    long Now { get; set; }

    int CompleteNext()
    {
        var lease = stage.GetBatch(99, 0);
        return lease is null ? 0 : stage.Complete(lease.Id, null, 0).Settled;
    }

    SettleResult Abandon(params Lease<int>[] leases) => stage.Abandon([.. leases.Select(l => l.Id)], "died", Now);

    (int Limit, long SuspectsUpTo) Limit(string source)
    {
        var queue = stage.FindQueue(source)!;
        return (queue.LeaseLimit, queue.SuspectsUpTo);
    }

    (int Record, int Retries)[] Retries() =>
        [.. stage.Peek(999).OrderBy(r => r.Sequence).Select(r => (r.Record, r.RetryCount))];
}
