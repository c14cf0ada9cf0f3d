using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Stages;

public sealed class LeasedRecordsTests
{
    readonly SourceQueue<string> web = new("parse", "web"),
        mobile = new("parse", "mobile");
    readonly LeasedRecords<string> leased = new(32);

    [Fact]
    public void Reused_memory_has_no_data_of_the_previous_lease()
    {
        Move(web, ["a", "b", "c"], [5, 6, 7], first: 1);
        leased.Settle(1);
        leased.Clear();

        Move(mobile, ["d", "e"], [], first: 4);
        Move(web, ["f"], [9], first: 6);

        Assert.False(leased.HasSettled);
        Assert.Equal([0, 0, 9], Enumerable.Range(0, 3).Select(leased.GetBytes));
        Assert.Equal([4L, 5, 6], Enumerable.Range(0, 3).Select(leased.GetSequence));
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
            Assert.Same(i % 2 == 0 ? web : mobile, leased.FindRun(i).Queue);
            Assert.Equal(10 * i + 1, leased.GetSequence(i));
        }
    }

    [Fact]
    public void Adjacent_portions_of_one_queue_form_one_run()
    {
        Move(web, ["a", "b"], [], first: 1);
        Move(web, ["c"], [], first: 3);
        Move(web, ["d"], [], first: 5);
        Move(mobile, ["e"], [], first: 6);
        Move(web, ["f"], [], first: 7);
        Assert.Equal([3, 1, 1, 1], leased.Runs.ToArray().Select(r => r.Run.Count));
        Assert.Equal([0, 3, 4, 5], leased.Runs.ToArray().Select(r => r.Start));
        Assert.Equal([1L, 2, 3, 5, 6, 7], Enumerable.Range(0, 6).Select(leased.GetSequence));
    }

    [Fact]
    public void Room_is_made_in_steps_of_32_records() =>
        Assert.Equal(
            [0, 32, 32, 64, 64],
            new[] { 0, 1, 32, 33, 64 }.Select(c => new LeasedRecords<string>(c).Capacity)
        );

    [Fact]
    public void Sizes_are_added_up_run_by_run()
    {
        Move(web, ["a", "b"], [5, 6], first: 1);
        Move(mobile, ["c"], [], first: 3);
        Move(web, ["d", "e"], [7, 8], first: 4);
        Assert.Equal([11L, 0, 15], leased.Runs.ToArray().Select(r => leased.SumBytes(r)));
        Assert.Equal([5, 6, 0, 7, 8], Enumerable.Range(0, 5).Select(leased.GetBytes));
        Assert.Equal(["a", "b", "c"], leased.Copy(3));
    }

    [Fact]
    public void Records_without_sizes_have_no_bytes()
    {
        Move(web, ["a", "b"], [], first: 1);
        Assert.Equal((0, 0L), (leased.GetBytes(1), leased.SumBytes(leased.Runs[0])));
    }

    [Fact]
    public void The_only_queue_is_that_of_the_open_records_that_are_asked_for()
    {
        Move(web, ["a", "b"], [], first: 1);
        Move(mobile, ["c"], [], first: 3);
        Move(web, ["d"], [], first: 4);
        Assert.Equal((null, true), OnlyQueueOf(null));
        Assert.Equal((null, true), OnlyQueueOf([2, 3]));
        Assert.Equal((web, false), OnlyQueueOf([1, 2, 4]));
        Assert.Equal((mobile, false), OnlyQueueOf([3]));
        Assert.Equal((null, false), OnlyQueueOf([9]));
        Assert.Equal((null, false), OnlyQueueOf([]));
        leased.Settle(2);
        Assert.Equal((web, false), OnlyQueueOf(null));
        Assert.Equal((null, false), OnlyQueueOf([3]));
    }

    [Fact]
    public void Cleared_memory_keeps_no_record_and_no_queue_alive()
    {
        var (record, queue) = MoveAndClear();
        GC.Collect();
        Assert.False(record.IsAlive);
        Assert.False(queue.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    (WeakReference Record, WeakReference Queue) MoveAndClear()
    {
        var queue = new SourceQueue<string>("parse", "other");
        var record = new string('x', 10);
        Move(queue, [record], [], first: 1);
        leased.Clear();
        return (new(record), new(queue));
    }

    (SourceQueue<string>? Queue, bool IsMixed) OnlyQueueOf(long[]? sequences)
    {
        var queue = leased.FindOnlyQueue(sequences, out var isMixed);
        return (queue, isMixed);
    }

    void Move(SourceQueue<string> queue, string[] records, int[] sizes, long first)
    {
        queue.Records.Add(records, sizes, first, bufferedAt: 0);
        queue.Records.MoveTo(leased, queue, records.Length);
    }
}
