using ConveyorActors.Actors.Pipelines;

namespace ConveyorActors.Actors.Tests.Pipelines;

public class PendingReadsTests
{
    readonly PendingReads looks = new();

    [Fact]
    public void A_query_waits_for_earlier_polls_and_not_for_later_ones()
    {
        var (first, second) = (looks.Begin(), looks.Begin());
        looks.Await(ActorRefs.Nobody, "question");
        looks.Begin(); // later: it may go on for ever
        looks.End(second);
        Assert.False(looks.TryTake(out _, out _));
        looks.End(first);
        Assert.True(looks.TryTake(out _, out var question));
        Assert.Equal("question", question);
        Assert.False(looks.TryTake(out _, out _));
    }

    [Fact]
    public void A_query_without_earlier_polls_is_replied_to_at_once()
    {
        looks.Await(ActorRefs.Nobody, "question");
        Assert.True(looks.TryTake(out _, out _));
    }
}
