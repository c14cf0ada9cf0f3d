using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Stages;

public sealed class DeadLetterBoxTests
{
    readonly DeadLetterBox<int> box = new();

    [Fact]
    public void It_keeps_the_newest_and_counts_those_that_gave_way()
    {
        for (var i = 1; i <= 5; i++) box.Add(Letter(i), 3);
        Assert.Equal([3, 4, 5], box.List(10).Select(l => l.Record.Record));
        Assert.Equal((3, 2), (box.Count, box.Discarded));
        Assert.Equal([3, 4], box.List(2).Select(l => l.Record.Record));
    }

    [Fact]
    public void A_box_of_none_keeps_none()
    {
        box.Add(Letter(1), 0);
        Assert.Equal((0, 1), (box.Count, box.Discarded));
    }

    [Fact]
    public void The_oldest_are_taken_out_first_and_only_those_thrown_away_count_as_discarded()
    {
        for (var i = 1; i <= 5; i++) box.Add(Letter(i), 10);
        Assert.Equal([1, 2], box.Remove(2, discarded: false).Select(l => l.Record.Record));
        Assert.Equal(0, box.Discarded);
        Assert.Equal([3, 4, 5], box.Remove(int.MaxValue, discarded: true).Select(l => l.Record.Record));
        Assert.Equal((0, 3), (box.Count, box.Discarded));
    }

    [Fact]
    public void A_lower_bound_holds_from_the_next_letter_on()
    {
        for (var i = 1; i <= 5; i++) box.Add(Letter(i), 10);
        box.Add(Letter(6), 2);
        Assert.Equal([5, 6], box.List(10).Select(l => l.Record.Record));
        Assert.Equal(4, box.Discarded);
    }

    static DeadLetter<int> Letter(int record) => new(new(record, "web", "pipeline", "parse"), LossReason.Rejected, "poison", default);
}
