namespace ConveyorActors.Buffers;

/// <summary>
/// Specifies how a <see cref="BufferManager{T}"/> reads its records, where it stores them and which clock it uses.
/// </summary>
/// <remarks>The functions are called outside every lock and must be free of side effects.</remarks>
public sealed record BufferManagerOptions<T>
{
    /// <summary>Gets the name of the pipeline that the manager belongs to. Default "default".</summary>
    public string PipelineId
    {
        get;
        init => field = Names.Validate(value, nameof(PipelineId));
    } = "default";

    /// <summary>
    /// Gets the value of the tag <c>system</c> of the manager's metrics, which distinguishes equal names in one
    /// process. Default null: no such tag.
    /// </summary>
    public string? SystemName { get; init; }

    /// <summary>
    /// Gets the function that returns a record's size in bytes, from 0; null: records have no size, and byte limits are
    /// refused.
    /// </summary>
    public Func<T, int>? SizeOf { get; init; }

    /// <summary>
    /// Gets the function that returns a record's id, null or empty if the record has none; null: records have no ids,
    /// and duplicate windows are refused.
    /// </summary>
    public Func<T, string?>? IdOf { get; init; }

    /// <summary>
    /// Gets the store that keeps the records when the process ends; null: records are in memory only.
    /// </summary>
    public Stores.IBufferStore<T>? Store { get; init; }

    /// <summary>Gets the clock. Default: the system clock.</summary>
    public TimeProvider Clock
    {
        get;
        init =>
            field =
                value
                ?? throw new ArgumentNullException(
                    nameof(Clock),
                    "Clock is null; it must be a TimeProvider, such as TimeProvider.System."
                );
    } = TimeProvider.System;

    /// <summary>Gets whether the manager's numbers are published as instruments of the meter.</summary>
    internal bool IsMeasured { get; init; } = true;

    /// <summary>
    /// Gets the allowances of the sources whose room is granted by a budget over a cluster; null: there are none.
    /// </summary>
    internal IReadOnlyDictionary<string, Admission.SourceAllowance>? Allowances { get; init; }

    /// <summary>
    /// Gets the callback that is called when the manager has stopped, with the number of records still held of each
    /// source with an allowance; null is passed if the changes could not be written, so that more may be held after a
    /// restart.
    /// </summary>
    internal Action<IReadOnlyDictionary<string, long>?>? AllowancesClosed { get; init; }

    /// <summary>
    /// Gets the highest sequence that an earlier manager of this pipeline assigned: this one continues after it.
    /// Default 0.
    /// </summary>
    internal long LastSequence { get; init; }

    /// <summary>Gets the seed of the jitter, for repeatable tests; null: a random seed.</summary>
    public int? Seed { get; init; }
}
