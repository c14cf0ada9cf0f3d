using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Stages;

public sealed class RecordQueueTests
{
    readonly RecordQueue<string> queue = new();
    readonly SourceQueue<string> line = new("filter", "web");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_queue_behaves_like_a_list_of_records(int seed)
    {
        var random = new Random(seed);
        var model = new List<QueuedRecord<string>>();
        var outside = new List<QueuedRecord<string>>(); // in the hands of consumers
        long sequence = 0;
        for (var step = 0; step < 5_000; step++)
        {
            long now = step / 40;
            switch (random.Next(8))
            {
                case 0:
                    var one = new QueuedRecord<string>($"{++sequence}", sequence, now, random.Next(2), Size());
                    queue.Add(one.Record, one.Bytes, one.Sequence, one.BufferedAt, one.Retries);
                    model.Add(one);
                    break;
                case 1:
                    QueuedRecord<string>[] more =
                    [
                        .. Enumerable
                            .Range(0, random.Next(6))
                            .Select(_ => new QueuedRecord<string>($"{++sequence}", sequence, now, 0, Size())),
                    ];
                    int[] bytes =
                        more.All(r => r.Bytes == 0) && random.Next(2) == 0 ? [] : [.. more.Select(r => r.Bytes)];
                    queue.Add(more.Select(r => r.Record).ToArray(), bytes, sequence - more.Length + 1, now);
                    model.AddRange(more);
                    break;
                case 2:
                    sequence += random.Next(3); // records of other sources
                    break;
                case 3:
                    var count = random.Next(Math.Min(12, model.Count + 1));
                    var lease = new LeasedRecords<string>(count);
                    queue.MoveTo(lease, line, count);
                    var taken = Enumerable.Range(0, count).Select(i => Shown(lease, i)).ToList();
                    Assert.Equal(model.Take(count), taken);
                    model.RemoveRange(0, count);
                    outside.AddRange(taken);
                    break;
                case 4 when outside.Count > 0:
                    var returned = outside[random.Next(outside.Count)];
                    outside.Remove(returned);
                    returned = returned with { Retries = returned.Retries + random.Next(2) };
                    queue.PutBack(returned);
                    model.Insert(model.TakeWhile(r => r.Sequence < returned.Sequence).Count(), returned);
                    break;
                case 5 when model.Count > 0:
                    var place = random.Next(model.Count);
                    Assert.Equal(place, queue.IndexOf(model[place].Sequence));
                    queue.RemoveAt(place);
                    model.RemoveAt(place);
                    break;
                case 6 when model.Count > 0:
                    var retried = random.Next(model.Count);
                    queue.AddRetry(retried);
                    model[retried] = model[retried] with { Retries = model[retried].Retries + 1 };
                    break;
                case 7 when model.Count > 0:
                    Assert.Equal(model[0], queue.PopFront());
                    model.RemoveAt(0);
                    break;
            }
            Assert.Equal(model.Count, queue.Count);
            var asked = random.NextInt64(sequence + 2);
            Assert.Equal(model.Count(r => r.Sequence <= asked), queue.CountUpTo(asked));
            Assert.Equal(model.FindIndex(r => r.Sequence == asked), queue.IndexOf(asked));
            if (model.Count == 0)
                continue;
            Assert.Equal((model[0].Sequence, model[0].BufferedAt), (queue.FirstSequence, queue.FirstBufferedAt));
            Assert.Equal(model[^1], queue[model.Count - 1]);
            if (step % 16 == 0)
                Assert.Equal(model, queue.EnumerateRecords());
        }

        int Size() => sequence > 500 ? random.Next(3) : 0; // the first records have no sizes
    }

    [Fact]
    public void Records_of_the_same_time_form_one_run()
    {
        queue.Add(["a", "b"], [], 1, 0);
        queue.Add("c", 0, 3, 0);
        Assert.Equal(1, queue.RunCount);
        queue.Add("d", 0, 5, 0); // another source's record has sequence 4
        queue.Add("e", 0, 6, 1); // later
        queue.Add("f", 0, 7, 1, retries: 1);
        Assert.Equal(4, queue.RunCount);
    }

    [Fact]
    public void Records_returned_in_reverse_order_form_one_run_again()
    {
        queue.Add(["a", "b", "c", "d"], [], 1, 0);
        var lease = new LeasedRecords<string>(3);
        queue.MoveTo(lease, line, 3);
        for (var i = 2; i >= 0; i--)
            queue.PutBack(Shown(lease, i));
        Assert.Equal(1, queue.RunCount);
        Assert.Equal(["a", "b", "c", "d"], queue.EnumerateRecords().Select(r => r.Record));
    }

    [Fact]
    public void Sizes_are_right_after_a_queue_was_emptied_and_trimmed()
    {
        queue.Add("a", 7, 1, 0);
        Assert.Equal(7, queue.PopFront().Bytes);
        queue.Trim();
        Assert.Equal(0, queue.Capacity);
        queue.Add("b", 0, 2, 0);
        queue.Add("c", 5, 3, 0);
        Assert.Equal([0, 5], queue.EnumerateRecords().Select(r => r.Bytes));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void A_position_outside_the_range_is_refused(int index)
    {
        queue.Add("a", 0, 1, 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => queue[index]);
    }

    [Fact]
    public async Task Prefetching_is_safe_while_another_thread_changes_the_queue()
    {
        var numbers = new RecordQueue<long>();
        using var done = new CancellationTokenSource();
        var fetching = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
                numbers.Fetch(256);
        });
        for (var round = 0; round < 200; round++)
        {
            for (var i = 0; i < 1_000; i++)
                numbers.Add(i, 0, i + 1, round);
            for (var i = 0; i < 1_000; i++)
                Assert.Equal(i, numbers.PopFront().Record);
            if (round % 10 == 0)
                numbers.Trim();
        }
        await done.CancelAsync();
        await fetching.WaitAsync(TimeSpan.FromSeconds(10));
    }

    static QueuedRecord<string> Shown(LeasedRecords<string> lease, int index)
    {
        var run = lease.FindRun(index).Run;
        return new(lease[index], lease.GetSequence(index), run.BufferedAt, run.Retries, lease.GetBytes(index));
    }
}
