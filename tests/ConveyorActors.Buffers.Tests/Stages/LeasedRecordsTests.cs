using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Stages;

public sealed class LeasedRecordsTests
{
    readonly SourceQueue<string> web = new("parse", "web"),
        mobile = new("parse", "mobile");
    readonly LeasedRecords<string> leased = new(32);

    [Fact]
    public void Memory_that_is_used_again_knows_nothing_of_the_lease_before()
    {
        Move(web, ["a", "b", "c"], [5, 6, 7], first: 1);
        leased.Settle(1);
        leased.Clear();

        Move(mobile, ["d", "e"], [], first: 4);
        Move(web, ["f"], [9], first: 6);

        Assert.False(leased.HasSettled);
        Assert.Equal([0, 0, 9], Enumerable.Range(0, 3).Select(leased.BytesAt));
        Assert.Equal([4L, 5, 6], Enumerable.Range(0, 3).Select(leased.SequenceAt));
        leased.Settle(0);
        Assert.Equal([true, false, false], Enumerable.Range(0, 3).Select(leased.IsSettled));
    }

    [Fact]
    public void A_record_is_found_by_its_sequence_until_it_is_settled()
    {
        Move(web, ["a", "b"], [], first: 1);
        Move(mobile, ["c"], [], first: 7);
        Assert.Equal([-1, 0, 1, -1, 2, -1], new long[] { 0, 1, 2, 3, 7, 8 }.Select(leased.FindOpen));
        leased.Settle(1);
        Assert.Equal(-1, leased.FindOpen(2));
        Assert.True(leased.HasOpen(leased.Runs[0]));
        leased.Settle(0);
        Assert.False(leased.HasOpen(leased.Runs[0]));
    }

    [Fact]
    public void Each_record_belongs_to_the_run_that_it_came_with()
    {
        for (var i = 0; i < 20; i++)
            Move(i % 2 == 0 ? web : mobile, [$"{i}"], [], first: 10 * i + 1);
        for (var i = 0; i < 20; i++)
        {
            Assert.Same(i % 2 == 0 ? web : mobile, leased.RunOf(i).Queue);
            Assert.Equal(10 * i + 1, leased.SequenceAt(i));
        }
    }

    [Fact]
    public void Portions_of_one_queue_that_follow_each_other_are_one_run()
    {
        Move(web, ["a", "b"], [], first: 1);
        Move(web, ["c"], [], first: 3);
        Move(web, ["d"], [], first: 5);
        Move(mobile, ["e"], [], first: 6);
        Move(web, ["f"], [], first: 7);
        Assert.Equal([3, 1, 1, 1], leased.Runs.ToArray().Select(r => r.Run.Count));
        Assert.Equal([0, 3, 4, 5], leased.Runs.ToArray().Select(r => r.Start));
        Assert.Equal([1L, 2, 3, 5, 6, 7], Enumerable.Range(0, 6).Select(leased.SequenceAt));
    }

    void Move(SourceQueue<string> queue, string[] records, int[] sizes, long first)
    {
        queue.Records.Add(records, sizes, first, bufferedAt: 0);
        queue.Records.MoveTo(leased, queue, records.Length);
    }
}
