using ConveyorActors.Http.Events;
using ConveyorActors.Testing;

namespace ConveyorActors.Http.Tests.Events;

/// <summary>How long events are kept.</summary>
public sealed class EventBacklogTests
{
    readonly FakeClock clock = new();

    [Fact]
    public void Events_are_kept_for_a_minute_however_many_they_are()
    {
        var kept = new EventBacklog(100_000, 1 << 20, clock);
        for (var second = 0; second < 90; second++)
        {
            for (var i = 0; i < 100; i++)
                kept.Add(new byte[100]);
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(9_000, kept.Last);
        // The last event was added when the clock was at 89 s: those of 29 s were a minute old.
        Assert.Equal(29 * 100 + 1, kept.First);
        Assert.Equal(Enumerable.Range((int)kept.First, 6_100).Select(n => (long)n), Range(kept).Select(e => e.Number));
    }

    [Theory]
    [InlineData(16, 1 << 20, 16)]
    [InlineData(100, 1_000, 10)]
    [InlineData(100, 50, 1)]
    public void Older_events_are_removed_when_there_are_too_many_or_too_many_bytes(int events, long bytes, int left)
    {
        var kept = new EventBacklog(events, bytes, clock);
        for (var i = 0; i < 50; i++)
            kept.Add(new byte[100]);

        Assert.Equal(50, kept.Last);
        Assert.Equal(left, Range(kept).Count());
    }

    static IEnumerable<ServerEvent> Range(EventBacklog kept)
    {
        for (var number = kept.First; number <= kept.Last; number++)
            yield return kept[number];
    }
}
