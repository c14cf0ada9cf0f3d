using System.Text.Json;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Http.Events;

/// <summary>
/// Takes snapshots of the buffers while the event stream has readers and for a minute afterwards, so that a reader that
/// reconnects misses nothing.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
/// <param name="service">The buffer service.</param>
/// <param name="options">The interval of the snapshots and the limits of the stream.</param>
/// <param name="stopping">Cancelled when the application stops.</param>
sealed class EventHub(IBufferService service, ConveyorHttpOptions options, CancellationToken stopping)
{
    /// <summary>
    /// Maximum number of sources followed at the same time. Of other sources only the signal in each snapshot is sent.
    /// </summary>
    const int MaxFollowed = 20_000;

    static readonly TimeSpan KeptWithoutReaders = TimeSpan.FromMinutes(1);
    static readonly TimeSpan IdleAfter = TimeSpan.FromMinutes(1);

    readonly Lock gate = new();
    readonly TimeProvider clock = options.Clock;
    Session? session;
    int readers;
    long lastReaderAt;

    /// <summary>One period of sampling, with its own event ids.</summary>
    sealed class Session(ConveyorHttpOptions options)
    {
        public EventLog Log { get; } = new(options.MaxEventsKept, options.MaxEventBytesKept, options.Clock);

        public Dictionary<(string Pipeline, string Source), FollowedSource> Followed { get; } = [];

        public Dictionary<string, RateCounter> Rates { get; } = new(StringComparer.Ordinal);
    }

    /// <summary>
    /// Admits a reader; null: the maximum number of readers is reached. Call <see cref="Leave"/> once for each admitted
    /// reader.
    /// </summary>
    public EventLog? Enter()
    {
        lock (gate)
        {
            if (readers >= options.MaxEventReaders)
                return null;
            readers++;
            if (session is null)
            {
                session = new(options);
                _ = PollAsync(session);
            }
            return session.Log;
        }
    }

    public void Leave()
    {
        lock (gate)
        {
            readers--;
            lastReaderAt = clock.GetTimestamp();
        }
    }

    bool IsOver(Session ended)
    {
        lock (gate)
        {
            if (readers > 0 || clock.GetElapsedTime(lastReaderAt) < KeptWithoutReaders)
                return false;
            if (ReferenceEquals(session, ended))
                session = null;
            return true;
        }
    }

    async Task PollAsync(Session polled)
    {
        await Task.Yield(); // the caller holds the gate
        try
        {
            using var timer = new PeriodicTimer(options.SampleEvery, clock);
            var before = clock.GetTimestamp();
            do
            {
                var now = clock.GetTimestamp();
                await PollOnceAsync(polled, clock.GetElapsedTime(before, now)).ConfigureAwait(false);
                before = now;
            } while (!IsOver(polled) && await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false));
        }
        catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
        {
            // The service was disposed or the application is stopping.
        }
        finally
        {
            lock (gate)
                if (ReferenceEquals(session, polled))
                    session = null;
            foreach (var followed in polled.Followed.Values)
                followed.Dispose();
        }
    }

    async Task PollOnceAsync(Session polled, TimeSpan since)
    {
        try
        {
            var names = await service.GetPipelinesAsync().ConfigureAwait(false);
            foreach (var name in names)
            {
                var snapshot = await service.GetSnapshotAsync(name).ConfigureAwait(false);
                if (!polled.Rates.TryGetValue(name, out var rates))
                    polled.Rates.Add(name, rates = new(options.StageOrder));
                polled.Log.Add("rates", json => rates.Write(json, snapshot, clock.GetUtcNow(), since));
                Follow(polled, snapshot);
            }
            foreach (var ended in polled.Rates.Keys.Except(names, StringComparer.Ordinal).ToArray())
                polled.Rates.Remove(ended);
        }
        catch (Exception e) when (e is InvalidOperationException and not ObjectDisposedException or TimeoutException)
        {
            polled.Log.Add(
                "unavailable",
                json => json.WriteString("reason", Buffers.Inspection.ExceptionLine.Format(e))
            );
        }
    }

    void Follow(Session polled, PipelineSnapshot snapshot)
    {
        var now = clock.GetTimestamp();
        foreach (var source in snapshot.Sources)
        {
            var key = (snapshot.Pipeline, source.Source);
            var isActive = source.Level.Used > 0 || source.Signal.IsHeld;
            if (polled.Followed.TryGetValue(key, out var followed))
            {
                if (isActive || source.Level.Offered != followed.Offered)
                    (followed.Offered, followed.ActiveAt) = (source.Level.Offered, now);
                if (clock.GetElapsedTime(followed.ActiveAt, now) < IdleAfter && !followed.Done.IsCompleted)
                    continue;
                polled.Followed.Remove(key);
                followed.Dispose();
                continue;
            }
            if (polled.Followed.Count >= MaxFollowed || snapshot.State == "Stopped" || !isActive)
                continue;
            polled.Followed.Add(
                key,
                new(
                    service,
                    snapshot.Pipeline,
                    source.Source,
                    signal => AddSignal(polled.Log, snapshot.Pipeline, source.Source, signal)
                )
                {
                    Offered = source.Level.Offered,
                    ActiveAt = now,
                }
            );
        }
    }

    void AddSignal(EventLog log, string pipeline, string source, BackpressureSignal signal) =>
        log.Add(
            "signal",
            json =>
            {
                json.WriteString("pipeline", pipeline);
                json.WriteString("source", source);
                json.WriteString("at", clock.GetUtcNow());
                WriteSignal(json, signal);
            }
        );

    public static void WriteSignal(Utf8JsonWriter json, BackpressureSignal signal)
    {
        json.WriteString("signal", signal.Kind.ToString());
        json.WriteNumber("delayMs", (long)signal.Delay.TotalMilliseconds);
    }
}
