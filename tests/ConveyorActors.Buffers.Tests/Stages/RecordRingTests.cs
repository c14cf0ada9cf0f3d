using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Stages;

public sealed class RecordRingTests
{
    readonly RecordRing<string> ring = new();

    [Fact]
    public void It_does_what_a_list_does_while_it_grows_and_wraps()
    {
        var random = new Random(7);
        var list = new List<string>();
        for (var i = 0; i < 20_000; i++)
        {
            var name = $"{i}";
            // Mostly growing, then mostly shrinking, over and over.
            switch (random.Next(i / 1_000 % 2 == 0 ? 6 : 12))
            {
                case 0 or 1 or 2:
                    ring.PushBack() = new() { Record = name, Sequence = i };
                    list.Add(name);
                    break;
                case 3 or 4:
                    ring.PushFront() = new() { Record = name, Sequence = i };
                    list.Insert(0, name);
                    break;
                case 5 when list.Count > 0:
                    var place = random.Next(list.Count);
                    ring.RemoveAt(place);
                    list.RemoveAt(place);
                    break;
                default:
                    if (list.Count == 0) break;
                    Assert.Equal(list[0], ring.PopFront().Record);
                    list.RemoveAt(0);
                    break;
            }
            Assert.Equal(list.Count, ring.Count);
            if (i % 16 == 0) Assert.Equal(list, Shown());
        }
    }

    [Fact]
    public void It_grows_by_doubling_and_at_once_when_more_is_reserved()
    {
        for (var i = 0; i < 9; i++) ring.PushBack() = new() { Record = "x" };
        Assert.Equal(16, ring.Capacity);
        ring.Reserve(100);
        Assert.Equal(128, ring.Capacity);
        Assert.Equal(Enumerable.Repeat("x", 9), Shown());
    }

    [Fact]
    public void It_keeps_no_record_that_has_left()
    {
        var left = Leave();
        GC.Collect();
        Assert.False(left.TryGetTarget(out _));

        WeakReference<string> Leave()
        {
            var record = new string('x', 10);
            ring.PushBack() = new() { Record = record };
            ring.PushBack() = new() { Record = "y" };
            ring.PopFront();
            return new(record);
        }
    }

    [Fact]
    public void It_gives_its_memory_back_only_when_there_is_nothing_in_it()
    {
        ring.PushBack() = new() { Record = "x" };
        ring.Trim();
        Assert.Equal(8, ring.Capacity);
        ring.PopFront();
        ring.Trim();
        Assert.Equal(0, ring.Capacity);
        ring.PushFront() = new() { Record = "y" };
        Assert.Equal(["y"], Shown());
    }

    string[] Shown() => [.. Enumerable.Range(0, ring.Count).Select(i => ring[i].Record)];

    [Fact]
    public async Task Fetching_harms_nothing_while_another_thread_changes_the_ring()
    {
        var ring = new RecordRing<long>();
        using var done = new CancellationTokenSource();
        var fetching = Task.Run(() =>
        {
            while (!done.IsCancellationRequested) ring.Fetch(256);
        });
        for (var round = 0; round < 200; round++)
        {
            for (var i = 0; i < 1_000; i++) ring.PushBack().Sequence = i;
            for (var i = 0; i < 1_000; i++) Assert.Equal(i, ring.PopFront().Sequence);
            if (round % 10 == 0) ring.Trim();
        }
        await done.CancelAsync();
        await fetching.WaitAsync(TimeSpan.FromSeconds(10));
    }
}
