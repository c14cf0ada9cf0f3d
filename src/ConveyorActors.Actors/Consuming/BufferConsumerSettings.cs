using System.Runtime.CompilerServices;

namespace ConveyorActors.Actors.Consuming;

/// <summary>How a <see cref="BufferConsumerActor"/> works. Immutable; each value is checked when it is set.</summary>
public sealed record BufferConsumerSettings
{
    static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1),
        Longest = TimeSpan.FromDays(1);

    /// <summary>Names the stage to consume from.</summary>
    public BufferConsumerSettings(string pipeline, string stage) =>
        (Pipeline, Stage) = (Names.Validate(pipeline), Names.Validate(stage));

    /// <summary>The pipeline.</summary>
    public string Pipeline { get; }

    /// <summary>The stage.</summary>
    public string Stage { get; }

    /// <summary>Records leased at a time. Default 100; from 1 to 1,000,000.</summary>
    public int BatchSize
    {
        get;
        init => field = Within(value, 1_000_000);
    } = 100;

    /// <summary>
    /// Leases held at a time: those being handled, and those fetched meanwhile. Default 2; from 1 to 1,000.
    /// </summary>
    public int Leases
    {
        get;
        init => field = Within(value, 1_000);
    } = 2;

    /// <summary>
    /// Records handled at a time, over all leases. (Batches, where whole batches are handled.) Default 1; from 1 to
    /// 10,000.
    /// </summary>
    public int Concurrency
    {
        get;
        init => field = Within(value, 10_000);
    } = 1;

    /// <summary>
    /// True (default): the records of one source are handled one after the other, and when one is returned, those of
    /// its source behind it go back untried, so that they do not overtake it. False: they are handled concurrently, as
    /// far as <see cref="Concurrency"/> admits.
    /// </summary>
    public bool KeepOrder { get; init; } = true;

    /// <summary>
    /// Lease records of one source at a time. Default false. What a handler of whole batches needs if it hops.
    /// </summary>
    public bool OneSource { get; init; }

    /// <summary>
    /// The consumer's name, shown with its leases. Default null: the actor's path with the address of its node.
    /// </summary>
    public string? Consumer { get; init; }

    /// <summary>
    /// How long a lease lasts unless it is renewed, which the consumer does while it handles one. Default null: as long
    /// as the stage says.
    /// </summary>
    public TimeSpan? LeaseTimeout
    {
        get;
        init => field = value is { } given ? Within(given) : null;
    }

    /// <summary>
    /// How long a lease may be handled. After that the handler's token is cancelled and the lease is no longer renewed,
    /// so that a handler that hangs cannot hold its sources for ever. Default 5 minutes; from 1 ms to 1 day, or
    /// infinite.
    /// </summary>
    public TimeSpan HandlingTimeout
    {
        get;
        init => field = value == Timeout.InfiniteTimeSpan ? value : Within(value);
    } = TimeSpan.FromMinutes(5);

    /// <summary>How long the actor may finish its leases after <see cref="StopConsuming"/>; the other records go back,
    /// uncharged. A handler that does not end when its token is then cancelled gets
    /// the same time again; the actor then stops, and the handler's records are settled when it returns. Default 10 s;
    /// from 1 ms to 1 day.</summary>
    public TimeSpan StopTimeout
    {
        get;
        init => field = Within(value);
    } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The first delay before a call that failed is made again; it doubles with each failure in a row. Default 100 ms;
    /// from 1 ms to 1 day.
    /// </summary>
    public TimeSpan FirstRetryDelay
    {
        get;
        init => field = Within(value);
    } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest such delay. Default 10 s; from 1 ms to 1 day.</summary>
    public TimeSpan MaxRetryDelay
    {
        get;
        init => field = Within(value);
    } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// True (default): the actor stops when its pipeline has stopped. False: it asks again, with growing delay, until
    /// it is stopped itself.
    /// </summary>
    public bool StopsWithPipeline { get; init; } = true;

    /// <summary>The clock of delays and timeouts: the service's. Default: the system's.</summary>
    public TimeProvider Clock
    {
        get;
        init =>
            field =
                value
                ?? throw new ArgumentNullException(
                    nameof(Clock),
                    "Clock is null; it must be a TimeProvider (TimeProvider.System for the system's)."
                );
    } = TimeProvider.System;

    /// <summary>Returns how long to wait after so many failures before this one.</summary>
    internal TimeSpan DelayAfter(int failures)
    {
        var delay = FirstRetryDelay * Math.Pow(2, Math.Min(failures, 40));
        return delay < MaxRetryDelay ? delay : MaxRetryDelay;
    }

    static int Within(int value, int most, [CallerMemberName] string name = "") =>
        value >= 1 && value <= most
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                value,
                FormattableString.Invariant($"{name} is {value}; it must be from 1 to {most:N0}.")
            );

    static TimeSpan Within(TimeSpan value, [CallerMemberName] string name = "") =>
        value >= Shortest && value <= Longest
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; it must be from 1 ms to 1 day.");
}
