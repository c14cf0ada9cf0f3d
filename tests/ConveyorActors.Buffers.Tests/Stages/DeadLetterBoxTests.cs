using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Stages;

public sealed class DeadLetterBoxTests
{
    readonly DeadLetterBox<int> box = new();

    [Fact]
    public void The_newest_dead_letters_are_kept_and_the_discarded_ones_are_counted()
    {
        for (var i = 1; i <= 5; i++)
            box.Add(Letter(i), 1, 3, long.MaxValue);
        Assert.Equal([3, 4, 5], box.List(10).Select(l => l.Record.Record));
        Assert.Equal((3, 2), (box.Count, box.Discarded));
        Assert.Equal([3, 4], box.List(2).Select(l => l.Record.Record));
    }

    [Fact]
    public void A_box_of_capacity_0_keeps_nothing()
    {
        box.Add(Letter(1), 1, 0, long.MaxValue);
        Assert.Equal((0, 1), (box.Count, box.Discarded));
    }

    [Fact]
    public void The_oldest_are_removed_first_and_only_dropped_ones_count_as_discarded()
    {
        for (var i = 1; i <= 5; i++)
            box.Add(Letter(i), 1, 10, long.MaxValue);
        Assert.Equal([1, 2], box.Remove(2, discarded: false).Select(l => l.Record.Record));
        Assert.Equal(0, box.Discarded);
        Assert.Equal([3, 4, 5], box.Remove(int.MaxValue, discarded: true).Select(l => l.Record.Record));
        Assert.Equal((0, 3), (box.Count, box.Discarded));
    }

    [Fact]
    public void A_lower_bound_applies_from_the_next_dead_letter()
    {
        for (var i = 1; i <= 5; i++)
            box.Add(Letter(i), 1, 10, long.MaxValue);
        box.Add(Letter(6), 1, 2, long.MaxValue);
        Assert.Equal([5, 6], box.List(10).Select(l => l.Record.Record));
        Assert.Equal(4, box.Discarded);
    }

    [Fact]
    public void The_byte_limit_includes_the_error_texts()
    {
        for (var i = 1; i <= 5; i++)
            box.Add(Letter(i), 100, 10, 2 * (100 + 12)); // "poison" has 12 bytes
        Assert.Equal([4, 5], box.List(10).Select(l => l.Record.Record));
        Assert.Equal((2, 224, 3), (box.Count, box.Bytes, box.Discarded));
        box.Add(Letter(6), 213, 10, 224); // larger than the bound alone: the newest stays
        Assert.Equal((1, 225, 5), (box.Count, box.Bytes, box.Discarded));
    }

    [Fact]
    public void Removing_and_restoring_dead_letters_keeps_the_byte_count_right()
    {
        box.Restore([Letter(1), Letter(2), Letter(3)], 4, static size => size);
        Assert.Equal((3, 3 * 12 + 6, 4), (box.Count, box.Bytes, box.Discarded));
        box.Remove(2, discarded: true);
        Assert.Equal((1, 12 + 3, 6), (box.Count, box.Bytes, box.Discarded));
    }

    static DeadLetter<int> Letter(int record) =>
        new(new(record, "web", "pipeline", "parse"), LossReason.Rejected, "poison", default);
}
