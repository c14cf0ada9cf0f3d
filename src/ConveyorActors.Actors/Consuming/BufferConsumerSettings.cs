using System.Runtime.CompilerServices;

namespace ConveyorActors.Actors.Consuming;

/// <summary>
/// The settings of a <see cref="BufferConsumerActor"/>. Immutable; each value is validated when it is set.
/// </summary>
public sealed record BufferConsumerSettings
{
    static readonly TimeSpan Min = TimeSpan.FromMilliseconds(1),
        Max = TimeSpan.FromDays(1);

    /// <summary>Initializes the settings of a consumer of one stage.</summary>
    public BufferConsumerSettings(string pipeline, string stage) =>
        (Pipeline, Stage) = (Names.Validate(pipeline), Names.Validate(stage));

    /// <summary>Gets the name of the pipeline.</summary>
    public string Pipeline { get; }

    /// <summary>Gets the name of the stage.</summary>
    public string Stage { get; }

    /// <summary>Gets the number of records leased at a time. Default 100; from 1 to 1,000,000.</summary>
    public int BatchSize
    {
        get;
        init => field = ValidateRange(value, 1_000_000);
    } = 100;

    /// <summary>
    /// Gets the number of leases held at a time, both those being handled and those fetched in advance. Default 2; from
    /// 1 to 1,000.
    /// </summary>
    public int Leases
    {
        get;
        init => field = ValidateRange(value, 1_000);
    } = 2;

    /// <summary>
    /// Gets the number of records handled at a time, over all leases; with a handler of whole batches, the number of
    /// batches. Default 1; from 1 to 10,000.
    /// </summary>
    public int Concurrency
    {
        get;
        init => field = ValidateRange(value, 10_000);
    } = 1;

    /// <summary>
    /// Gets whether the records of one source are handled one after the other. If true (default), a returned record
    /// takes the later records of its source back with it, untried, so that they do not overtake it. If false, they are
    /// handled concurrently, as far as <see cref="Concurrency"/> admits.
    /// </summary>
    public bool KeepOrder { get; init; } = true;

    /// <summary>
    /// Gets whether each lease holds records of one source only. Default false. A handler of whole batches that hops
    /// needs it.
    /// </summary>
    public bool OneSource { get; init; }

    /// <summary>
    /// Gets the consumer's name, shown with its leases. Default null: the actor's path with the address of its node.
    /// </summary>
    public string? Consumer { get; init; }

    /// <summary>
    /// Gets how long a lease lasts unless it is renewed; the consumer renews a lease while it handles it. Default null:
    /// the stage's lease timeout.
    /// </summary>
    public TimeSpan? LeaseTimeout
    {
        get;
        init => field = value is { } given ? ValidateRange(given) : null;
    }

    /// <summary>
    /// Gets how long a lease may be handled. After that the handler's token is cancelled and the lease is no longer
    /// renewed, so that a handler that hangs cannot hold its sources forever. Default 5 minutes; from 1 ms to 1 day,
    /// or infinite.
    /// </summary>
    public TimeSpan HandlingTimeout
    {
        get;
        init => field = value == Timeout.InfiniteTimeSpan ? value : ValidateRange(value);
    } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Gets how long the actor may finish its leases after <see cref="StopConsuming"/>. The records not begun by then
    /// are returned uncharged, and the handlers' tokens are cancelled. Handlers that have not ended after the same time
    /// again are no longer waited for: the actor stops, and their records are settled when they return. Default 10 s;
    /// from 1 ms to 1 day.
    /// </summary>
    public TimeSpan StopTimeout
    {
        get;
        init => field = ValidateRange(value);
    } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets the first delay before a failed call is repeated. The delay doubles with each failure in a row. Default 100
    /// ms; from 1 ms to 1 day.
    /// </summary>
    public TimeSpan FirstRetryDelay
    {
        get;
        init => field = ValidateRange(value);
    } = TimeSpan.FromMilliseconds(100);

    /// <summary>Gets the longest delay before a failed call is repeated. Default 10 s; from 1 ms to 1 day.</summary>
    public TimeSpan MaxRetryDelay
    {
        get;
        init => field = ValidateRange(value);
    } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets whether the actor stops when its pipeline has stopped. True by default. If false, the actor keeps asking
    /// for records, with growing delay, until it is stopped itself.
    /// </summary>
    public bool StopsWithPipeline { get; init; } = true;

    /// <summary>
    /// Gets the clock of delays and timeouts. Must be the service's clock. Default: the system's clock.
    /// </summary>
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

    /// <summary>Returns the delay before the next attempt, given the number of failures before this one.</summary>
    internal TimeSpan DelayAfter(int failures)
    {
        var delay = FirstRetryDelay * Math.Pow(2, Math.Min(failures, 40));
        return delay < MaxRetryDelay ? delay : MaxRetryDelay;
    }

    static int ValidateRange(int value, int most, [CallerMemberName] string name = "") =>
        value >= 1 && value <= most
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                value,
                FormattableString.Invariant($"{name} is {value}; it must be from 1 to {most:N0}.")
            );

    static TimeSpan ValidateRange(TimeSpan value, [CallerMemberName] string name = "") =>
        value >= Min && value <= Max
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; it must be from 1 ms to 1 day.");
}
