using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests;

public sealed class ScrapeSnapshotsTests : IAsyncLifetime
{
    readonly FakeClock clock = new();
    readonly BufferManager<int> manager = new(new());
    readonly ScrapeSnapshots snapshots;
    int taken;

    public ScrapeSnapshotsTests() => snapshots = new(Take, clock);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await manager.DisposeAsync();

    PipelineSnapshot Take()
    {
        taken++;
        return manager.GetSnapshot();
    }

    [Fact]
    public void All_instruments_of_a_scrape_read_one_snapshot()
    {
        for (var scrape = 1; scrape <= 3; scrape++)
        {
            var first = snapshots.GetSnapshot("a");
            Assert.Same(first, snapshots.GetSnapshot("b"));
            Assert.Same(first, snapshots.GetSnapshot("c"));
            Assert.Equal(scrape, taken);
        }
    }

    [Fact]
    public void An_instrument_that_is_read_again_gets_the_current_value()
    {
        Assert.Equal(0, snapshots.GetSnapshot("a").Total.Buffered);
        manager.BufferForStage("s", "x", 1);
        Assert.Equal(1, snapshots.GetSnapshot("a").Total.Buffered);
    }

    [Fact]
    public void A_listener_of_other_instruments_does_not_get_an_old_snapshot()
    {
        var first = snapshots.GetSnapshot("a");
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.NotSame(first, snapshots.GetSnapshot("b"));
    }

    [Fact]
    public void A_listener_on_another_thread_takes_its_own_snapshot()
    {
        var first = snapshots.GetSnapshot("a");
        PipelineSnapshot? other = null;
        var thread = new Thread(() => other = snapshots.GetSnapshot("b"));
        thread.Start();
        thread.Join();
        Assert.NotSame(first, other);
    }
}
