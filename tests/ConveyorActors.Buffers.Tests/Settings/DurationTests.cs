using ConveyorActors.Buffers.Cores;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Settings;

/// <summary>
/// Every time that the engine takes is accepted and works, or is refused at once with its name, its value and its
/// range.
/// </summary>
public sealed class DurationTests
{
    const string Source = "src",
        Stage = "s";
    static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    static readonly TimeSpan[] Times =
    [
        TimeSpan.MinValue,
        TimeSpan.FromSeconds(-1),
        TimeSpan.FromTicks(-1),
        Timeout.InfiniteTimeSpan,
        TimeSpan.Zero,
        TimeSpan.FromTicks(1),
        Millisecond,
        TimeSpan.FromDays(50),
        TimeSpan.FromDays(4_015),
        TimeSpan.MaxValue,
    ];

    /// <summary>Where a time is given: its range, and what is done with it.</summary>
    sealed record Place(string Parameter, TimeSpan Least, bool ForEver, Func<TimeSpan, Task> Use)
    {
        public TimeSpan Most { get; init; } = TimeSpan.MaxValue;
    }

    static readonly Dictionary<string, Place> Places = new()
    {
        ["lease timeout"] = new(
            "LeaseTimeout",
            Millisecond,
            true,
            t => Work(new() { Stage = new() { LeaseTimeout = t } })
        ),
        ["time to live"] = new("TimeToLive", Millisecond, true, t => Work(new() { Stage = new() { TimeToLive = t } })),
        ["idle after"] = new("IdleAfter", Millisecond, true, t => Work(new() { IdleAfter = t })),
        ["duplicate time"] = new(
            "Time",
            Millisecond,
            true,
            t => Work(new() { Stage = new() { Duplicates = new() { Time = t } } })
        ),
        ["first backoff"] = new(
            "First",
            TimeSpan.Zero,
            false,
            t =>
                Work(
                    new()
                    {
                        Stage = new()
                        {
                            Backoff = new() { First = t, Max = TimeSpan.MaxValue },
                        },
                    }
                )
        ),
        ["longest backoff"] = new(
            "Max",
            TimeSpan.Zero,
            false,
            t => Work(new() { Stage = new() { Backoff = new() { Max = t } } })
        ),
        ["batch timeout"] = new("request.Timeout", Millisecond, true, t => Lease(new BatchRequest(1) { Timeout = t })),
        ["waiting batch timeout"] = new(
            "request.Timeout",
            Millisecond,
            true,
            t => Lease(new BatchRequest(1) { Timeout = t, Wait = true })
        ),
        ["credits"] = new(
            "timeToLive",
            Millisecond,
            true,
            t => Grant(s => s.RequestCreditsAsync("p", Stage, Source, 1, t))
        ),
        ["waiting credits"] = new(
            "timeToLive",
            Millisecond,
            true,
            t => Grant(s => s.WaitForCreditsAsync("p", Stage, Source, 1, t))
        ),
        ["manager's stop"] = new(
            "deadline",
            TimeSpan.Zero,
            true,
            async t => await new BufferManager<int>().StopAsync(t)
        ),
        ["service's stop"] = new(
            "deadline",
            TimeSpan.Zero,
            true,
            async t =>
            {
                await using var service = new EmbeddedBufferService();
                await service.StopAsync("p", t);
            }
        ),
        ["core buffers' stop"] = new("deadline", TimeSpan.Zero, true, t => Drain(new(), t)),
        ["core buffers' stop deadline"] = new(
            "StopDeadline",
            Millisecond,
            true,
            t => Drain(new() { StopDeadline = t }, null)
        ),
        ["core buffers' linger"] = new(
            "Linger",
            TimeSpan.Zero,
            true,
            t => Drain(new() { Linger = t }, TimeSpan.FromMinutes(1))
        ),
        ["core buffers' backoff"] = new(
            "First",
            TimeSpan.Zero,
            false,
            t =>
                Drain(
                    new()
                    {
                        Backoff = new() { First = t, Max = TimeSpan.MaxValue },
                    },
                    TimeSpan.FromMinutes(1)
                )
        ),
        ["slow down"] = new("delay", Millisecond, false, t => Task.FromResult(BackpressureSignal.SlowDown(t)))
        {
            Most = TimeSpan.FromDays(1),
        },
    };

    public static TheoryData<string, long> Given
    {
        get
        {
            var given = new TheoryData<string, long>();
            foreach (var place in Places.Keys)
            foreach (var time in Times)
                given.Add(place, time.Ticks);
            return given;
        }
    }

    [Theory]
    [MemberData(nameof(Given))]
    public async Task A_time_works_or_is_refused_at_once_with_its_range(string name, long ticks)
    {
        var (place, time) = (Places[name], TimeSpan.FromTicks(ticks));
        if (time >= place.Least && time <= place.Most || place.ForEver && time == Timeout.InfiniteTimeSpan)
        {
            await place.Use(time).WaitAsync(TimeSpan.FromSeconds(20));
            return;
        }
        var refused = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => place.Use(time));
        Assert.Equal(place.Parameter.Split('.')[0], refused.ParamName);
        var shown = time == Timeout.InfiniteTimeSpan && place.Least == TimeSpan.Zero ? "infinite" : $"{time}";
        Assert.Contains(
            $"{place.Parameter} is {shown}; it must be from {(place.Least == Millisecond ? "1 ms" : "0")} to ",
            refused.Message,
            StringComparison.Ordinal
        );
        Assert.Equal(
            place.ForEver,
            refused.Message.Contains("or infinite (Timeout.InfiniteTimeSpan)", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData(50.0)]
    [InlineData(60.5)]
    public async Task A_lease_longer_than_a_timer_ends_at_its_deadline(double days)
    {
        var clock = new FakeClock();
        await using var manager = new BufferManager<int>(null, new() { Clock = clock });
        manager.BufferForStage(Stage, Source, 1);
        manager.GetBatch(Stage, new BatchRequest(1) { Timeout = TimeSpan.FromDays(days) });
        clock.Advance(TimeSpan.FromDays(days) - TimeSpan.FromSeconds(1));
        Assert.Equal(1, manager.GetSnapshot().Total.InFlight);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, manager.GetSnapshot().Total.InFlight);
    }

    [Fact]
    public async Task Entries_without_an_end_still_exist_after_a_year()
    {
        var clock = new FakeClock();
        var settings = new StageSettings
        {
            LeaseTimeout = Timeout.InfiniteTimeSpan,
            TimeToLive = Timeout.InfiniteTimeSpan,
            Duplicates = new() { Time = Timeout.InfiniteTimeSpan },
        };
        await using var manager = new BufferManager<string>(
            new() { Stage = settings },
            new() { Clock = clock, IdOf = static s => s }
        );
        manager.BufferBatchForStage(Stage, Source, ["a", "b"]);
        var lease = manager.GetBatch(Stage, 1);
        var grant = manager.RequestCredits(Stage, Source, 1, Timeout.InfiniteTimeSpan);
        clock.Advance(TimeSpan.FromDays(366));
        Assert.Equal(
            (1, 1, 1),
            (manager.GetSnapshot().Total.Buffered, manager.GetSnapshot().Total.InFlight, manager.GiveBackCredits(grant))
        );
        Assert.Equal(OfferStatus.Duplicate, manager.BufferForStage(Stage, Source, "a").Status);
        Assert.Equal((1, DateTimeOffset.MaxValue), (manager.Complete(lease).Settled, grant.ExpiresAt));
    }

    /// <summary>
    /// A record is offered, leased, returned, leased again, renewed and completed, with time going on between.
    /// </summary>
    static async Task Work(BufferSettings settings)
    {
        var clock = new FakeClock();
        await using var manager = new BufferManager<string>(settings, new() { Clock = clock, IdOf = static s => s });
        manager.BufferForStage(Stage, Source, "a");
        manager.ReturnToBuffer(manager.GetBatch(Stage, 1), "failed");
        clock.Advance(TimeSpan.FromHours(1));
        var lease = manager.GetBatch(Stage, 1);
        Assert.NotNull(manager.GetSnapshot());
        manager.Renew(lease);
        clock.Advance(TimeSpan.FromHours(1));
        manager.Complete(lease);
        manager.BufferForStage(Stage, Source, "a");
        Assert.True(manager.GetSnapshot().IsConserved);
    }

    static async Task Lease(BatchRequest request)
    {
        var clock = new FakeClock();
        await using var service = new EmbeddedBufferService(clock);
        await service.BufferForStageAsync("p", Stage, Source, new("r", new byte[1]));
        var lease = await service.GetBatchAsync("p", Stage, request);
        Assert.Equal(1, (await service.GetSnapshotAsync("p")).Stages.Single().Leases.Single().Records);
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(
            request.Timeout == Millisecond ? SettleStatus.LeaseExpired : SettleStatus.Ok,
            (await service.CompleteAsync("p", Stage, lease.Id)).Status
        );
    }

    static async Task Grant(Func<IBufferService, ValueTask<CreditGrant>> request)
    {
        var clock = new FakeClock();
        await using var service = new EmbeddedBufferService(clock);
        var grant = await request(service);
        clock.Advance(Millisecond);
        Assert.Equal(grant.ExpiresAt > clock.GetUtcNow() ? 1 : 0, await service.GiveBackCreditsAsync("p", grant));
    }

    static async Task Drain(CoreBuffersSettings settings, TimeSpan? deadline)
    {
        await using var buffers = new CoreBuffers<int>((_, _, _) => ValueTask.CompletedTask, settings);
        buffers.Start(1);
        buffers.Enqueue(1);
        await buffers.StopAsync(deadline);
    }
}
