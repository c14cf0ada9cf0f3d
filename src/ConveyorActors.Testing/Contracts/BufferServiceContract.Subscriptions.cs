using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Flow control: the signals that subscribers receive.</summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task A_subscriber_learns_the_signal_now_and_every_change_in_order()
    {
        await Configure(Exact());
        using var end = new CancellationTokenSource();
        await using var signals = Service
            .SubscribeSignalsAsync(Pipeline, Source, end.Token)
            .GetAsyncEnumerator(end.Token);
        Assert.Equal(BackpressureSignal.None, await Next(signals));

        for (var i = 1; i <= 48; i++)
            await Offer($"r{i}");
        for (var i = 1; i <= 48; i++)
            await Drain(1);
        var seen = new List<BackpressureSignal>();
        while (seen.Count == 0 || seen[^1].IsHeld)
            seen.Add(await Next(signals));

        Assert.Equal(
            "SlowDown SlowDown SlowDown Pause SlowDown SlowDown SlowDown None",
            string.Join(' ', seen.Select(s => s.Kind))
        );
        Assert.Equal(seen[..3].OrderBy(s => s.Delay), seen[..3]);
        Assert.Equal(seen[4..7].OrderByDescending(s => s.Delay), seen[4..7]);
    }

    [Fact]
    public async Task A_subscriber_that_comes_late_learns_the_signal_now()
    {
        await Configure(Exact());
        await Fill(50);
        using var end = new CancellationTokenSource();
        await using var signals = Service
            .SubscribeSignalsAsync(Pipeline, Source, end.Token)
            .GetAsyncEnumerator(end.Token);
        Assert.Equal(BackpressureSignal.Pause, await Next(signals));
    }

    [Fact]
    public async Task Each_subscriber_learns_everything()
    {
        await Configure(Exact());
        using var end = new CancellationTokenSource();
        await using var first = Service
            .SubscribeSignalsAsync(Pipeline, Source, end.Token)
            .GetAsyncEnumerator(end.Token);
        await using var second = Service
            .SubscribeSignalsAsync(Pipeline, Source, end.Token)
            .GetAsyncEnumerator(end.Token);
        await using var other = Service
            .SubscribeSignalsAsync(Pipeline, "other", end.Token)
            .GetAsyncEnumerator(end.Token);
        foreach (var one in new[] { first, second, other })
            Assert.Equal(BackpressureSignal.None, await Next(one));
        var nothing = other.MoveNextAsync().AsTask();
        await Fill(48);
        foreach (var one in new[] { first, second })
            Assert.Equal(BackpressureSignal.Pause, await Next(one));
        Assert.False(nothing.IsCompleted);
        await end.CancelAsync();
        await nothing.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task A_subscriber_that_falls_behind_never_misses_the_latest_signal()
    {
        await Configure(new() { MaxPerStage = 1 });
        using var end = new CancellationTokenSource();
        await using var signals = Service
            .SubscribeSignalsAsync(Pipeline, Source, end.Token)
            .GetAsyncEnumerator(end.Token);
        Assert.Equal(BackpressureSignal.None, await Next(signals));
        for (var i = 0; i < 400; i++)
        {
            await Offer("r");
            await Drain();
        }

        // Of a little more than 800 changes at most 256 are kept, one more may have been in transit, and the last one
        // is the current signal.
        await Offer("last");
        var seen = new List<BackpressureSignal>();
        var next = signals.MoveNextAsync().AsTask();
        while (await CompletesSoon(next) && await next)
        {
            seen.Add(signals.Current);
            next = signals.MoveNextAsync().AsTask();
        }

        await end.CancelAsync();
        await next.ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.Equal(BackpressureSignal.Pause, seen[^1]);
        Assert.InRange(seen.Count, 1, MostSignalsSeenLate);
    }

    [Fact]
    public async Task A_subscription_ends_when_it_is_cancelled()
    {
        using var end = new CancellationTokenSource();
        var reading = Task.Run(async () =>
        {
            try
            {
                await foreach (var _ in Service.SubscribeSignalsAsync(Pipeline, Source, end.Token))
                    end.CancelAfter(1);
            }
            catch (OperationCanceledException) { }
        });
        await Within(reading);
        await Offer("r1");
    }

    [Theory]
    [InlineData("", Source, "pipeline"), InlineData("orders", "", "source")]
    [InlineData("a\nb", Source, "pipeline"), InlineData("orders", null, "source")]
    public void A_subscription_with_an_invalid_name_is_refused_before_it_is_read(
        string pipeline,
        string? source,
        string wrong
    ) =>
        Assert.Equal(
            wrong,
            Assert.ThrowsAny<ArgumentException>(() => Service.SubscribeSignalsAsync(pipeline, source!)).ParamName
        );

    [Fact]
    public async Task A_subscriber_is_told_when_the_clock_takes_the_pressure_away()
    {
        await Configure(
            new()
            {
                MaxPerStage = 1,
                Stage = new() { TimeToLive = Seconds(60) },
            }
        );
        using var end = new CancellationTokenSource();
        await using var signals = Service
            .SubscribeSignalsAsync(Pipeline, Source, end.Token)
            .GetAsyncEnumerator(end.Token);
        await Next(signals);
        await Offer("r1");
        Assert.Equal(BackpressureSignal.Pause, await Next(signals));
        Clock.Advance(Seconds(60));
        Assert.Equal(BackpressureSignal.None, await Next(signals));
    }
}
