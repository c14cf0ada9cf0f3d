using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Stages;

public sealed class LeaseSettlerTests
{
    readonly StageBuffer<int> stage = StageForTests.Make();

    [Fact]
    public void Completed_records_leave_the_stage_and_the_others_stay_open()
    {
        stage.Fill("web", 1, 4);
        var lease = stage.GetBatch(4, 0)!;
        Assert.Equal(new(SettleStatus.Ok, 2), stage.Complete(lease.Id, [2, 3], 0));
        Assert.Equal((0, 2, 2L), (stage.Buffered, stage.InFlight, stage.Counts("web").Completed));
        Assert.Equal(new(SettleStatus.Ok, 0), stage.Complete(lease.Id, [2, 3, 9], 0));
        Assert.Equal(new(SettleStatus.Ok, 2), stage.Complete(lease.Id, null, 0));
        Assert.Equal((0, 4L), (stage.InFlight, stage.Counts("web").Completed));
        Assert.Equal(new(SettleStatus.UnknownLease, 0), stage.Complete(lease.Id, null, 0));
        Assert.Empty(stage.Leases);
        stage.AssertConserved();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Returned_records_wait_again_at_their_place(bool charge)
    {
        stage.Fill("web", 1, 3);
        stage.Fill("log", 4, 5);
        stage.Fill("web", 6, 7);
        var lease = stage.GetBatch(4, 0)!;
        Assert.Equal([1, 2, 3, 6], lease.Records());
        Assert.Equal(new(SettleStatus.Ok, 3), stage.ReturnToBuffer(lease.Id, [1, 3, 6], "failed", charge, 0));
        Assert.Equal([1, 3, 4, 5, 6, 7], stage.Waiting());
        var retries = charge ? 1 : 0;
        Assert.Equal(
            [(1, retries), (3, retries), (4, 0), (5, 0), (6, retries), (7, 0)],
            stage.Peek(9).OrderBy(r => r.Sequence).Select(r => (r.Record, r.RetryCount))
        );
        Assert.Equal((6, 1, charge ? 3L : 0), (stage.Buffered, stage.InFlight, stage.Counts("web").Retries));
        stage.AssertConserved();
    }

    [Fact]
    public void A_record_without_retries_left_becomes_a_dead_letter()
    {
        stage.Fill("web", 1, 3);
        for (var retries = 0; retries < 2; retries++)
            stage.ReturnToBuffer(stage.GetBatch(2, 0)!.Id, null, "failed", charge: true, 0);
        var lease = stage.GetBatch(3, 0)!;
        Assert.Equal(new(SettleStatus.Ok, 2, 1), stage.ReturnToBuffer(lease.Id, [2, 3], "failed again", true, 7));
        Assert.Equal([2], stage.Dead());
        var letter = stage.DeadLetters.List(1)[0];
        Assert.Equal((LossReason.RetriesExhausted, "failed again", 2), Shown(letter));
        Assert.Equal(DateTimeOffset.UnixEpoch.AddMilliseconds(7), letter.At);
        Assert.Equal((1, 1), (stage.Buffered, stage.InFlight)); // 3 has retries left, 1 was not returned
        Assert.Equal(6, stage.Counts("web").Retries);
        Assert.Equal(1, stage.Counts("web").Losses[LossReason.RetriesExhausted]);
        stage.AssertConserved();
    }

    [Fact]
    public void An_uncharged_return_makes_no_dead_letter_whatever_the_retries()
    {
        var stage = StageForTests.Make(StageForTests.Plain with { MaxRetries = 0 });
        stage.Fill("web", 1, 1);
        stage.ReturnToBuffer(stage.GetBatch(1, 0)!.Id, null, "stopped", charge: false, 0);
        Assert.Equal([1], stage.Waiting());
        Assert.Equal(new(SettleStatus.Ok, 1, 1), stage.ReturnToBuffer(stage.GetBatch(1, 0)!.Id, null, "", true, 0));
        Assert.Equal([1], stage.Dead());
        stage.AssertConserved();
    }

    [Fact]
    public void Rejected_records_become_dead_letters_in_order_and_cost_no_retry()
    {
        stage.Fill("web", 1, 2);
        stage.Fill("log", 3, 4);
        var lease = stage.GetBatch(4, 0)!;
        Assert.Equal(new(SettleStatus.Ok, 3, 3), stage.DeadLetter(lease.Id, [1, 2, 4], "no such page", 0));
        Assert.Equal([1, 2, 4], stage.Dead());
        Assert.Equal((LossReason.Rejected, "no such page", 0), Shown(stage.DeadLetters.List(1)[0]));
        Assert.Equal((0L, 0L), (stage.Counts("web").Retries, stage.Counts("log").Retries));
        Assert.Equal((2L, 1L), (Lost("web"), Lost("log")));
        Assert.Equal((0, 1), (stage.Buffered, stage.InFlight));
        Assert.Equal(new(SettleStatus.Ok, 1, 1), stage.DeadLetter(lease.Id, null, "", 0));
        Assert.Equal([1, 2, 4, 3], stage.Dead());
        stage.AssertConserved();

        long Lost(string source) => stage.Counts(source).Losses[LossReason.Rejected];
    }

    [Theory]
    [InlineData("complete")]
    [InlineData("return")]
    [InlineData("dead-letter")]
    public void A_source_is_leased_to_others_once_none_of_its_records_is_out(string how)
    {
        stage.Fill("web", 1, 3);
        var lease = stage.GetBatch(2, 0)!;
        Settle([1]);
        Assert.Null(stage.GetBatch(9, 0));
        Assert.False(stage.CanServeNow);
        Settle([2]);
        Assert.True(stage.CanServeNow);
        Assert.NotEmpty(stage.GetBatch(9, 0).Records());
        stage.AssertConserved();

        void Settle(long[] sequences)
        {
            if (how == "complete")
                stage.Complete(lease.Id, sequences, 0);
            else if (how == "return")
                stage.ReturnToBuffer(lease.Id, sequences, "failed", charge: true, 0);
            else
                stage.DeadLetter(lease.Id, sequences, "rejected", 0);
        }
    }

    [Fact]
    public void A_source_waits_for_the_longest_backoff_of_its_returned_records()
    {
        var backoff = new BackoffSettings { First = TimeSpan.FromMilliseconds(100), Jitter = 0 };
        var stage = StageForTests.Make(StageForTests.Plain with { Backoff = backoff });
        stage.Fill("web", 1, 2);
        stage.Fill("log", 3, 3);
        stage.ReturnToBuffer(stage.GetBatch(1, 0)!.Id, null, "failed", charge: true, 0);
        Assert.Equal([3], stage.GetBatch(9, 0).Records());
        Assert.Null(stage.GetBatch(9, 99));
        var lease = stage.GetBatch(2, 100)!;
        stage.ReturnToBuffer(lease.Id, null, "failed", charge: true, 100); // one waits 200 ms, the other 100
        Assert.Null(stage.GetBatch(9, 299));
        Assert.Equal([1, 2], stage.GetBatch(9, 300).Records());
    }

    [Fact]
    public void An_uncharged_return_starts_no_backoff()
    {
        var stage = StageForTests.Make(StageForTests.Plain with { Backoff = new() });
        stage.Fill("web", 1, 2);
        stage.ReturnToBuffer(stage.GetBatch(2, 0)!.Id, null, "stopped", charge: false, 0);
        Assert.Equal([1, 2], stage.GetBatch(2, 0).Records());
    }

    [Fact]
    public void A_returned_record_expires_at_the_time_that_it_would_have()
    {
        var stage = StageForTests.Make(StageForTests.Plain with { TimeToLive = TimeSpan.FromMilliseconds(50) });
        stage.Fill("web", 1, 1);
        var lease = stage.GetBatch(1, 0)!;
        stage.ProcessDue(50); // the record is out: it does not expire
        stage.ReturnToBuffer(lease.Id, null, "failed", charge: true, 60);
        Assert.Equal(50, stage.NextDue);
        stage.ProcessDue(60);
        Assert.Equal((0, 1L), (stage.Buffered, stage.Counts("web").Losses.Expired));
    }

    [Fact]
    public void Settled_records_count_in_the_rate_of_their_source()
    {
        stage.Fill("web", 1, 10);
        var lease = stage.GetBatch(10, 0)!;
        stage.Complete(lease.Id, [1, 2, 3], 0);
        stage.DeadLetter(lease.Id, [4, 5], "rejected", 0);
        stage.ReturnToBuffer(lease.Id, [6, 7], "failed", charge: true, 0);
        Assert.Equal(1, stage.FindQueue("web")!.Rate.GetRatePerSecond(0), 5); // five records in a window of 5 s
        stage.Complete(lease.Id, null, 0);
        Assert.Equal(1.6, stage.FindQueue("web")!.Rate.GetRatePerSecond(0), 5);
    }

    [Theory]
    [InlineData("complete", 40)]
    [InlineData("return", 80)]
    [InlineData("dead-letter", 40)]
    public void The_fill_area_counts_records_until_they_are_settled(string how, double area)
    {
        stage.Fill("web", 1, 4);
        var lease = stage.GetBatch(4, 0)!;
        if (how == "complete")
            stage.Complete(lease.Id, null, 10);
        else if (how == "return")
            stage.ReturnToBuffer(lease.Id, null, "failed", charge: true, 10);
        else
            stage.DeadLetter(lease.Id, null, "rejected", 10);
        Assert.Equal(area, stage.FindQueue("web")!.GetFillArea(20));
    }

    static (LossReason, string, int) Shown(DeadLetter<int> letter) =>
        (letter.Reason, letter.LastError, letter.Record.RetryCount);
}
