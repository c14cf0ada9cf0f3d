using ConveyorActors.Cluster.Placing;
using ConveyorActors.Contracts;

namespace ConveyorActors.Cluster.Tests.Placing;

public class HandOverPaceTests
{
    readonly FakeClock clock = new();

    [Fact]
    public void Each_shard_begins_an_interval_after_the_one_before_it()
    {
        var pace = new HandOverPace(clock);
        Assert.Equal([TimeSpan.Zero, HandOverPace.Interval, 2 * HandOverPace.Interval], new[] { "1", "2", "3" }.Select(pace.DelayOf));
    }

    [Fact]
    public void The_pipelines_of_one_shard_begin_together()
    {
        var pace = new HandOverPace(clock);
        var delays = new[] { "1", "2", "1", "2" }.Select(pace.DelayOf).ToArray();
        Assert.Equal([TimeSpan.Zero, HandOverPace.Interval, TimeSpan.Zero, HandOverPace.Interval], delays);
        clock.Advance(HandOverPace.Interval / 2);
        Assert.Equal(HandOverPace.Interval / 2, pace.DelayOf("2"));
        clock.Advance(HandOverPace.Interval);
        Assert.Equal(TimeSpan.Zero, pace.DelayOf("2"));
    }

    [Fact]
    public void No_shard_waits_for_longer_than_the_longest_wait()
    {
        var pace = new HandOverPace(clock);
        Assert.All(Enumerable.Range(0, 1_000), shard => Assert.InRange(pace.DelayOf($"{shard}"), TimeSpan.Zero, HandOverPace.Longest));
    }

    [Fact]
    public void A_shard_that_comes_back_and_leaves_again_does_not_wait_for_earlier_ones()
    {
        var pace = new HandOverPace(clock);
        Assert.Equal([TimeSpan.Zero, HandOverPace.Interval], new[] { "1", "2" }.Select(pace.DelayOf));
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal([TimeSpan.Zero, HandOverPace.Interval], new[] { "2", "1" }.Select(pace.DelayOf));
    }

    [Fact]
    public void Nothing_waits_when_no_other_node_takes_the_pipelines()
    {
        var pace = new HandOverPace(clock);
        pace.End();
        Assert.All(["1", "2", "3"], shard => Assert.Equal(TimeSpan.Zero, pace.DelayOf(shard)));
    }
}
