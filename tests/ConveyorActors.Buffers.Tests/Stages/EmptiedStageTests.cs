using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Stages;

/// <summary>
/// A queue may become empty without a lease taking its last record; it must not count as one that can be served.
/// </summary>
public sealed class EmptiedStageTests
{
    static readonly DateTimeOffset Zero = DateTimeOffset.UnixEpoch;

    [Fact]
    public void A_stage_whose_records_all_expired_can_serve_nothing()
    {
        var stage = Make(new() { TimeToLive = TimeSpan.FromSeconds(1) });
        stage.Add("web", [1, 2], [], 0);
        stage.Add("log", [3], [], 0);
        stage.ProcessDue(1_000);
        Assert.False(stage.CanServeNow);
    }

    [Fact]
    public void A_stage_whose_records_were_all_dropped_can_serve_nothing()
    {
        var stage = Make(new());
        stage.Add("web", [1, 2], [], 0);
        Assert.NotNull(stage.GetBatch(1, 0)); // it is in the middle of its turn
        while (stage.Oldest.Drop(0)) { }
        Assert.False(stage.CanServeNow);
    }

    [Fact]
    public void A_queue_that_was_emptied_and_filled_again_is_served()
    {
        var stage = Make(new() { TimeToLive = TimeSpan.FromSeconds(1) });
        stage.Add("web", [1], [], 0);
        stage.ProcessDue(1_000);
        Assert.False(stage.CanServeNow);
        stage.Add("web", [2], [], 1_500);
        Assert.True(stage.CanServeNow);
        Assert.Equal(2, stage.GetBatch(1, 1_500)!.GetRecord(0));
    }

    static StageBuffer<int> Make(StageSettings settings) =>
        new("p", "s", settings, ms => Zero.AddMilliseconds(ms), null, 1);
}
