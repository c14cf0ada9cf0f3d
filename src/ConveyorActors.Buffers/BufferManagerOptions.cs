namespace ConveyorActors.Buffers;

/// <summary>What a <see cref="BufferManager{T}"/> must know about its records, and the clock it lives by.</summary>
/// <remarks>The functions are called outside every lock and must be free of side effects.</remarks>
public sealed record BufferManagerOptions<T>
{
    /// <summary>The pipeline the manager belongs to. Default "default".</summary>
    public string PipelineId
    {
        get;
        init => field = Names.Validate(value, nameof(PipelineId));
    } = "default";

    /// <summary>
    /// The value of the tag <c>system</c> of the manager's metrics, which tells equal names in one process apart.
    /// Default null: no such tag.
    /// </summary>
    public string? SystemName { get; init; }

    /// <summary>A record's size in bytes, from 0; null: records have no size, and byte limits are refused.</summary>
    public Func<T, int>? SizeOf { get; init; }

    /// <summary>
    /// A record's id, null or empty when it has none; null: records have no ids, and duplicate windows are refused.
    /// </summary>
    public Func<T, string?>? IdOf { get; init; }

    /// <summary>Keeps the records beyond the life of the process; null: they are in memory only.</summary>
    public Stores.IBufferStore<T>? Store { get; init; }

    /// <summary>The clock. Default: the system's.</summary>
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

    /// <summary>Whether its numbers are instruments of the meter.</summary>
    internal bool IsMeasured { get; init; } = true;

    /// <summary>The sources whose room a budget over a cluster grants; null: none.</summary>
    internal IReadOnlyDictionary<string, Admission.SourceAllowance>? Allowances { get; init; }

    /// <summary>
    /// Called when the manager has stopped, with what is held of each of those sources; null: it is not written, and
    /// may be more after a restart.
    /// </summary>
    internal Action<IReadOnlyDictionary<string, long>?>? AllowancesClosed { get; init; }

    /// <summary>
    /// The highest sequence that an earlier manager of this pipeline assigned: this one continues after it. Default 0.
    /// </summary>
    internal long LastSequence { get; init; }

    /// <summary>Seeds the jitter, for repeatable tests; null: by chance.</summary>
    public int? Seed { get; init; }
}
