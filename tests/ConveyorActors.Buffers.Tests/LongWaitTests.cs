using ConveyorActors.Buffers.Cores;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests;

public sealed class LongWaitTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static TheoryData<TimeSpan> Accepted =>
        [TimeSpan.Zero, TimeSpan.FromTicks(1), TimeSpan.FromDays(50), TimeSpan.MaxValue, Timeout.InfiniteTimeSpan];

    public static TheoryData<TimeSpan> Refused => [TimeSpan.FromTicks(-1), TimeSpan.FromSeconds(-1), TimeSpan.MinValue];

    [Theory]
    [MemberData(nameof(Accepted))]
    public async Task A_stop_accepts_any_valid_deadline(TimeSpan deadline)
    {
        var manager = new BufferManager<int>();
        await manager.StopAsync(deadline).AsTask().WaitAsync(Patience);
        await manager.DisposeAsync().AsTask().WaitAsync(Patience);
        var service = new EmbeddedBufferService();
        await service.StopAsync("p", deadline).AsTask().WaitAsync(Patience);
        await service.DisposeAsync().AsTask().WaitAsync(Patience);
        await using var buffers = new CoreBuffers<int>((_, _, _) => ValueTask.CompletedTask);
        buffers.Start(1);
        await buffers.StopAsync(deadline).WaitAsync(Patience);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_stop_refuses_an_invalid_time_before_it_starts(TimeSpan deadline)
    {
        await using var manager = new BufferManager<int>();
        var refused = Assert.Throws<ArgumentOutOfRangeException>(() =>
        {
            _ = manager.StopAsync(deadline);
        });
        Assert.Contains(
            $"deadline is {deadline}; it must be from 0 to 10,675,199 days (TimeSpan.MaxValue), or infinite",
            refused.Message,
            StringComparison.Ordinal
        );
        Assert.Equal("Running", manager.GetSnapshot().State);
        await using var service = new EmbeddedBufferService();
        Assert.Throws<ArgumentOutOfRangeException>(() =>
        {
            _ = service.StopAsync("p", deadline);
        });
        await using var buffers = new CoreBuffers<int>((_, _, _) => ValueTask.CompletedTask);
        Assert.Throws<ArgumentOutOfRangeException>(() =>
        {
            _ = buffers.StopAsync(deadline);
        });
    }

    [Fact]
    public async Task A_stop_with_a_deadline_beyond_the_maximum_of_a_timer_ends_at_the_deadline()
    {
        var clock = new FakeClock();
        var manager = new BufferManager<int>(null, new() { Clock = clock });
        manager.BufferForStage("s", "a", 1);
        var stop = manager.StopAsync(TimeSpan.FromDays(100)).AsTask();
        for (var day = 0; day < 99; day++)
        {
            clock.Advance(TimeSpan.FromDays(1));
            await Task.Yield();
        }
        Assert.False(stop.IsCompleted);
        while (!stop.IsCompleted)
        {
            clock.Advance(TimeSpan.FromDays(1));
            await Task.Yield();
        }
        Assert.Equal(1, (await stop).Remaining);
    }

    [Fact]
    public async Task Leases_and_credits_of_ten_years_have_a_date()
    {
        await using var manager = new BufferManager<int>(
            new() { Stage = new() { LeaseTimeout = TimeSpan.FromDays(3_650) } }
        );
        manager.BufferForStage("s", "a", 1);
        Assert.True(manager.GetBatch("s", 1).Deadline > DateTimeOffset.UtcNow.AddDays(3_000));
        Assert.True(
            manager.RequestCredits("s", "a", 1, TimeSpan.FromDays(3_650)).ExpiresAt
                > DateTimeOffset.UtcNow.AddDays(3_000)
        );
    }
}
