namespace ConveyorActors.Actors.Settings;

/// <summary>
/// The settings of the buffer actors, one per core. Immutable; each value is validated when it is set.
/// </summary>
public sealed record BufferActorSettings
{
    const int MaxCount = 1024;
    const int MaxCapacity = 67_108_864;

    /// <summary>Gets the number of buffer actors. Default the number of processors; from 1 to 1,024.</summary>
    public int Count
    {
        get;
        init =>
            field = value is >= 1 and <= MaxCount
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(Count),
                    value,
                    $"Count is {value}; it must be from 1 to 1,024 buffers."
                );
    } = Math.Clamp(Environment.ProcessorCount, 1, MaxCount);

    /// <summary>
    /// Gets the most records in one buffer: queued for it, gathered in it or on their way to the stage. A full buffer
    /// refuses further records at once. Default 16,384; from 1 to 67,108,864.
    /// </summary>
    public int Capacity
    {
        get;
        init =>
            field = value is >= 1 and <= MaxCapacity
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(Capacity),
                    value,
                    $"Capacity is {value}; it must be from 1 to 67,108,864 records."
                );
    } = 16_384;

    /// <summary>
    /// Gets the share of a buffer's room that one pipeline may hold, of the room that the other pipelines leave, and
    /// that one target may hold, of the room that the other targets of its pipeline leave. Records beyond the share are
    /// refused, so that a stage that nobody consumes leaves room for others. Default 0.5; above 0; 1 for no such bound.
    /// </summary>
    public double Share
    {
        get;
        init =>
            field = value is > 0 and <= 1
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(Share),
                    value,
                    $"Share is {value}; it must be above 0 and at most 1."
                );
    } = 0.5;

    /// <summary>
    /// Gets the number of gathered records that are passed on without waiting for <see cref="BatchAge"/>. Default 256;
    /// from 1 to <see cref="Capacity"/>.
    /// </summary>
    public int BatchSize
    {
        get;
        init =>
            field = value is >= 1 and <= MaxCapacity
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(BatchSize),
                    value,
                    $"BatchSize is {value}; it must be from 1 to 67,108,864 records."
                );
    } = 256;

    /// <summary>
    /// Gets how long a gathered record waits for more records before the batch is passed on. Default 10 ms; from 1 ms
    /// to one hour.
    /// </summary>
    public TimeSpan BatchAge
    {
        get;
        init =>
            field =
                value >= TimeSpan.FromMilliseconds(1) && value <= TimeSpan.FromHours(1)
                    ? value
                    : throw new ArgumentOutOfRangeException(
                        nameof(BatchAge),
                        value,
                        $"BatchAge is {value}; it must be from 1 ms to one hour."
                    );
    } = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Gets the delays before refused records are offered to their stage again. Default 10 ms doubling up to 200 ms,
    /// 20% jitter.
    /// </summary>
    public BackoffSettings Retry
    {
        get;
        init =>
            field =
                value
                ?? throw new ArgumentNullException(
                    nameof(Retry),
                    "Retry is null; it must be a BackoffSettings (BackoffSettings.None for no wait)."
                );
    } = new() { First = TimeSpan.FromMilliseconds(10), Max = TimeSpan.FromMilliseconds(200) };

    /// <summary>
    /// Gets the dispatcher of the buffer actors: the path of its block in the configuration. Default
    /// "conveyor.buffer-actor-dispatcher".
    /// </summary>
    public string Dispatcher
    {
        get;
        init =>
            field = !string.IsNullOrWhiteSpace(value)
                ? value
                : throw new ArgumentException(
                    "Dispatcher is empty; it must be the path of a dispatcher in the configuration.",
                    nameof(Dispatcher)
                );
    } = "conveyor.buffer-actor-dispatcher";

    /// <summary>Validates the values together: a batch must fit into a buffer.</summary>
    /// <exception cref="ArgumentException">Two values contradict each other; the message names both.</exception>
    public BufferActorSettings Validate() =>
        BatchSize <= Capacity
            ? this
            : throw new ArgumentException(
                $"BatchSize is {BatchSize} and Capacity is {Capacity}; BatchSize must not be the larger one."
            );
}
