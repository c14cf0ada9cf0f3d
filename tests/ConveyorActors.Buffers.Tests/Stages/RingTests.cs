using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Stages;

public sealed class RingTests
{
    Ring<string> ring = new();

    [Fact]
    public void The_ring_behaves_like_a_list_while_it_grows_and_wraps()
    {
        var random = new Random(7);
        var list = new List<string>();
        for (var i = 0; i < 20_000; i++)
        {
            var name = $"{i}";
            // Mostly growing, then mostly shrinking, over and over.
            switch (random.Next(i / 1_000 % 2 == 0 ? 9 : 16))
            {
                case 0 or 1:
                    ring.PushBack() = name;
                    list.Add(name);
                    break;
                case 2 or 3:
                    ring.PushFront() = name;
                    list.Insert(0, name);
                    break;
                case 4:
                    string[] several = [.. Enumerable.Range(0, random.Next(5)).Select(k => $"{name}.{k}")];
                    ring.PushBack(several);
                    list.AddRange(several);
                    break;
                case 5:
                    var before = random.Next(list.Count + 1);
                    ring.InsertAt(before, name);
                    list.Insert(before, name);
                    break;
                case 6 when list.Count > 0:
                    var place = random.Next(list.Count);
                    ring.RemoveAt(place);
                    list.RemoveAt(place);
                    break;
                case 7:
                    var taken = new string[random.Next(Math.Min(list.Count, 7) + 1)];
                    ring.PopFront(taken);
                    Assert.Equal(list.Take(taken.Length), taken);
                    list.RemoveRange(0, taken.Length);
                    break;
                default:
                    if (list.Count == 0)
                        break;
                    Assert.Equal(list[0], ring.PopFront());
                    list.RemoveAt(0);
                    break;
            }
            Assert.Equal(list.Count, ring.Count);
            if (list.Count > 0)
                Assert.Equal(list[^1], ring.Last);
            if (i % 16 == 0)
                Assert.Equal(list, Shown());
        }
    }

    [Fact]
    public void Capacity_doubles_and_grows_at_once_for_several_items()
    {
        for (var i = 0; i < 9; i++)
            ring.PushBack() = "x";
        Assert.Equal(16, ring.Capacity);
        ring.PushBack([.. Enumerable.Repeat("y", 100)]);
        Assert.Equal(128, ring.Capacity);
        Assert.Equal([.. Enumerable.Repeat("x", 9), .. Enumerable.Repeat("y", 100)], Shown());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Removed_items_are_not_referenced(bool together)
    {
        var left = Leave();
        GC.Collect();
        Assert.False(left.TryGetTarget(out _));

        WeakReference<string> Leave()
        {
            var item = new string('x', 10);
            ring.PushBack() = item;
            ring.PushBack() = "y";
            if (together)
                ring.PopFront(new string[1]);
            else
                ring.PopFront();
            return new(item);
        }
    }

    [Fact]
    public void Memory_is_released_only_when_the_ring_is_empty()
    {
        ring.PushBack() = "x";
        ring.Trim();
        Assert.Equal(8, ring.Capacity);
        ring.PopFront();
        ring.Trim();
        Assert.Equal(0, ring.Capacity);
        ring.PushFront() = "y";
        Assert.Equal(["y"], Shown());
    }

    [Fact]
    public void A_large_ring_that_is_nearly_empty_releases_memory()
    {
        ring.PushBack(new string[100_000]);
        Assert.Equal(131_072, ring.Capacity);
        ring.PopFront(new string[99_000]);
        Assert.Equal(32_768, ring.Capacity);
        Assert.Equal(1_000, ring.Count);
    }

    string[] Shown() => [.. Enumerable.Range(0, ring.Count).Select(i => ring[i])];
}
