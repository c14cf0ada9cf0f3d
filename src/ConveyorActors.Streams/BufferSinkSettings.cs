namespace ConveyorActors.Streams;

/// <summary>The settings of a <see cref="BufferSink"/>. Immutable; each value is validated when it is set.</summary>
public sealed record BufferSinkSettings
{
    /// <summary>
    /// Gets the most room requested at a time, in records. A slow upstream requests less. Requested room counts against
    /// the limits of manager, stage and source while the sink holds it. Default 1,024; from 1 to 1,000,000.
    /// </summary>
    public int Credits
    {
        get;
        init => field = Validate.RequireInRange(value, 1, 1_000_000, "records");
    } = 1_024;

    /// <summary>
    /// Gets the number of records offered at a time. As many more may gather while an offer is under way. Default 256;
    /// from 1 to 1,000,000.
    /// </summary>
    public int BatchSize
    {
        get;
        init => field = Validate.RequireInRange(value, 1, 1_000_000, "records");
    } = 256;

    /// <summary>
    /// Gets how long room stays reserved. The sink renews it in time; the room of a process that died is free after it.
    /// Default 10 s; from 10 ms to 1 day.
    /// </summary>
    public TimeSpan CreditTimeToLive
    {
        get;
        init => field = Validate.RequireInRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1));
    } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets the bytes reserved for each record, where bytes are bounded. Records up to this size are not refused for lack
    /// of bytes. A larger record may be refused, and with it those that are offered behind it; they stay with the sink,
    /// which requests as much room as the first one needs, and offers them again. The stage counts these offers and
    /// refusals. Default 0; from 0.
    /// </summary>
    public int BytesPerRecord
    {
        get;
        init => field = Validate.RequireInRange(value, 0, int.MaxValue, "bytes");
    }

    /// <summary>
    /// Gets whether records that are larger than a limit can admit are skipped. False (default): the sink fails
    /// with an exception that names the record. True: such records are left out and counted.
    /// </summary>
    public bool SkipTooLarge { get; init; }
}
