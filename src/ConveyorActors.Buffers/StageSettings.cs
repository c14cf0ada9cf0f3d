namespace ConveyorActors.Buffers;

/// <summary>Specifies how one stage handles records. Immutable; each value is checked when it is set.</summary>
public sealed record StageSettings
{
    /// <summary>The most bytes of dead letters that a stage keeps if no limit is set.</summary>
    internal const long UsualDeadLetterBytes = 64L << 20;

    /// <summary>
    /// Gets what the stage does with an offer when it is full. Default <see cref="FullMode.Reject"/>.
    /// </summary>
    public FullMode FullMode
    {
        get;
        init =>
            field = Enum.IsDefined(value)
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(FullMode),
                    value,
                    $"FullMode is {(int)value}; it must be Reject, Wait, DropOldest or DropNewest."
                );
    }

    /// <summary>
    /// Gets whether several leases may hold records of one source. Default <see cref="LeaseOrder.OneLeasePerSource"/>:
    /// strict order.
    /// </summary>
    public LeaseOrder LeaseOrder
    {
        get;
        init =>
            field = Enum.IsDefined(value)
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(LeaseOrder),
                    value,
                    $"LeaseOrder is {(int)value}; it must be OneLeasePerSource or Shared."
                );
    }

    /// <summary>
    /// The time for which a consumer may hold a lease before its records go back. Default 30 s; from 1 ms, or infinite:
    /// until they are settled or the lease is abandoned.
    /// </summary>
    public TimeSpan LeaseTimeout
    {
        get;
        init => field = Durations.ValidatePositive(value);
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The number of times a record may be returned; the next return makes it a dead letter. Default 3; from 0 (the
    /// first return makes it a dead letter) to 1,000,000.
    /// </summary>
    public int MaxRetries
    {
        get;
        init =>
            field = value is >= 0 and <= 1_000_000
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(MaxRetries),
                    value,
                    $"MaxRetries is {value}; it must be from 0 to 1,000,000."
                );
    } = 3;

    /// <summary>
    /// Gets the settings of the time for which a source waits after a return. Default <see cref="BackoffSettings"/>:
    /// 100 ms doubling up to 10 s, 20% jitter.
    /// </summary>
    public BackoffSettings Backoff
    {
        get;
        init =>
            field =
                value
                ?? throw new ArgumentNullException(
                    nameof(Backoff),
                    "Backoff is null; it must be a BackoffSettings (BackoffSettings.None for no wait)."
                );
    } = new();

    /// <summary>
    /// The time for which a record may wait in the buffer before it expires and is counted in the ledger; null or
    /// infinite: no limit. Default null; from 1 ms.
    /// </summary>
    public TimeSpan? TimeToLive
    {
        get;
        init => field = Durations.ValidatePositiveOrNull(value);
    }

    /// <summary>
    /// The most dead letters kept; beyond that the oldest is discarded and counted in
    /// <see cref="Service.StageSnapshot.DeadLettersDiscarded"/>. Default 10,000; from 0 to 2,000,000,000.
    /// </summary>
    public int MaxDeadLetters
    {
        get;
        init =>
            field = value is >= 0 and <= 2_000_000_000
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(MaxDeadLetters),
                    value,
                    $"MaxDeadLetters is {value}; it must be from 0 to 2,000,000,000."
                );
    } = 10_000;

    /// <summary>
    /// The most bytes of dead letters kept, records and error texts; beyond that the oldest are discarded and counted
    /// in <see cref="Service.StageSnapshot.DeadLettersDiscarded"/>. The newest is kept even when it alone is larger (a
    /// result too large for any limit). From 0 (none is kept) to <see cref="long.MaxValue"/>. Default null: the least
    /// of 64 MiB and the limits in bytes of stage and manager (<see cref="BufferSettings.MaxBytesPerStage"/>,
    /// <see cref="BufferSettings.MaxTotalBytes"/>).
    /// </summary>
    /// <remarks>
    /// A record has the size that <see cref="BufferManagerOptions{T}.SizeOf"/> returns; an error text counts two bytes
    /// for each character. As with <see cref="MaxDeadLetters"/>, a lower bound takes effect with the next dead letter.
    /// </remarks>
    public long? MaxDeadLetterBytes
    {
        get;
        init =>
            field = value is null or >= 0
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(MaxDeadLetterBytes),
                    value,
                    $"MaxDeadLetterBytes is {value}; it must be at least 0 bytes, or null."
                );
    }

    /// <summary>
    /// The number of records a source is served in one turn (deficit round robin). Default 32; from 1 to 1,000,000.
    /// </summary>
    public int Quantum
    {
        get;
        init =>
            field = value is >= 1 and <= 1_000_000
                ? value
                : throw new ArgumentOutOfRangeException(
                    nameof(Quantum),
                    value,
                    $"Quantum is {value}; it must be from 1 to 1,000,000 records."
                );
    } = 32;

    /// <summary>
    /// Gets the window within which a record with an id that was accepted before is refused as a duplicate; null:
    /// duplicates are not suppressed. Default null. Needs <see cref="BufferManagerOptions{T}.IdOf"/>.
    /// </summary>
    public DuplicateWindow? Duplicates { get; init; }
}
