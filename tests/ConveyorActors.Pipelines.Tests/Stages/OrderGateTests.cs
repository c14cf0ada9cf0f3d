using ConveyorActors.Pipelines.Stages;

namespace ConveyorActors.Pipelines.Tests.Stages;

public sealed class OrderGateTests
{
    readonly OrderGate gate = new();

    [Fact]
    public void The_earliest_offer_is_sent_at_once()
    {
        Assert.Equal([3], gate.Register("s", [1, 2, 3]));
        Assert.True(gate.WaitForTurnAsync("s", 1).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_later_offer_starts_when_everything_before_it_is_settled()
    {
        gate.Register("s", [1, 2]);
        gate.Register("s", [5, 9]);
        var turn = gate.WaitForTurnAsync("s", 5);

        gate.RecordSettled("s", [1]);
        Assert.False(turn.IsCompleted);
        gate.RecordSettled("s", [2]);

        Assert.True(await turn);
    }

    [Fact]
    public void Sources_do_not_wait_for_each_other()
    {
        gate.Register("a", [1]);
        gate.Register("b", [2]);
        Assert.True(gate.WaitForTurnAsync("b", 2).IsCompletedSuccessfully);
    }

    [Fact]
    public void A_record_that_was_returned_still_holds_those_behind_it()
    {
        gate.Register("s", [1]);
        gate.Register("s", [2]);
        gate.RecordReturned("s", [1]);

        Assert.False(gate.WaitForTurnAsync("s", 2).IsCompleted);
    }

    [Fact]
    public void A_lease_with_records_of_other_sources_in_the_middle_is_split_there()
    {
        gate.Register("s", [1, 2, 3, 4, 5]);
        gate.RecordReturned("s", [2, 4]);
        Assert.Equal([1, 1, 2], gate.Register("s", [2, 4, 6, 7]));
    }

    [Fact]
    public async Task A_run_that_ends_does_not_wait_for_the_buffer()
    {
        gate.Register("s", [1]);
        gate.Register("s", [2]);
        gate.Register("s", [3]);
        var second = gate.WaitForTurnAsync("s", 2);
        var third = gate.WaitForTurnAsync("s", 3);

        gate.Stop();
        Assert.False(second.IsCompleted);
        gate.RecordReturned("s", [1]);

        Assert.False(await second);
        Assert.False(await third);
    }
}
