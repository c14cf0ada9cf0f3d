using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Stages;

public sealed class DuplicateFilterTests
{
    readonly DuplicateFilter filter = new();

    [Fact]
    public void A_limited_number_of_ids_is_remembered_and_the_oldest_is_forgotten()
    {
        var window = new DuplicateWindow { Count = 3 };
        foreach (var id in (string[])["a", "b", "c", "d"])
            filter.Remember(id, window, 0);
        Assert.Equal(3, filter.Count);
        Assert.Equal(
            [false, true, true, true],
            ((string[])["a", "b", "c", "d"]).Select(id => filter.Contains(id, window, 0))
        );
    }

    [Fact]
    public void Ids_are_remembered_for_the_window()
    {
        var window = new DuplicateWindow { Time = TimeSpan.FromSeconds(10) };
        filter.Remember("a", window, 0);
        filter.Remember("b", window, 5_000);
        Assert.True(filter.Contains("a", window, 9_999));
        Assert.False(filter.Contains("a", window, 10_000));
        Assert.True(filter.Contains("b", window, 10_000));
        Assert.Equal(1, filter.Count);
    }

    [Fact]
    public void An_id_seen_again_is_remembered_from_its_first_time()
    {
        var window = new DuplicateWindow { Time = TimeSpan.FromSeconds(10), Count = 2 };
        filter.Remember("a", window, 0);
        filter.Remember("a", window, 9_000);
        Assert.False(filter.Contains("a", window, 10_000));
        filter.Remember("a", window, 11_000);
        Assert.True(filter.Contains("a", window, 20_000));
    }

    [Fact]
    public void The_ids_remembered_are_bounded_in_number_and_in_time()
    {
        var window = new DuplicateWindow { Count = 1_000, Time = TimeSpan.FromSeconds(1) };
        for (var i = 0; i < 50_000; i++)
        {
            filter.Remember($"{i}", window, i);
            Assert.True(filter.Count <= 1_000);
        }
        filter.Contains("none", window, 1_000_000);
        Assert.Equal(0, filter.Count);
    }

    [Fact]
    public void An_id_that_was_stored_whole_takes_the_memory_of_its_hash()
    {
        var window = new DuplicateWindow();
        var stored = new string('x', 10_000);
        filter.Restore(stored, 0);
        Assert.False(filter.Contains(stored, window, 1));
        Assert.True(filter.Contains(RememberedId.Create(stored)!, window, 1));
    }

    [Fact]
    public void A_smaller_window_applies_at_once()
    {
        var window = new DuplicateWindow { Count = 10 };
        for (var i = 0; i < 10; i++)
            filter.Remember($"{i}", window, 0);
        Assert.False(filter.Contains("0", window with { Count = 4 }, 0));
        Assert.Equal(4, filter.Count);
    }
}
