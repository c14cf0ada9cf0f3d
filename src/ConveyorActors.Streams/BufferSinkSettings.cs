namespace ConveyorActors.Streams;

/// <summary>How a <see cref="BufferSink"/> works. Immutable; each value is checked when it is set.</summary>
public sealed record BufferSinkSettings
{
    /// <summary>
    /// Room asked for at a time, in records, when upstream is fast; a slow one holds less. It is taken from the limits
    /// of manager, stage and source while the sink holds it. Default 1,024; from 1 to 1,000,000.
    /// </summary>
    public int Credits
    {
        get;
        init => field = Validate.InRange(value, 1, 1_000_000, "records");
    } = 1_024;

    /// <summary>
    /// Records offered at a time. So many more may gather while an offer is under way. Default 256; from 1 to
    /// 1,000,000.
    /// </summary>
    public int BatchSize
    {
        get;
        init => field = Validate.InRange(value, 1, 1_000_000, "records");
    } = 256;

    /// <summary>
    /// How long room stays promised; the sink renews it in time. What a process that died held is free after it.
    /// Default 10 s; from 10 ms to 1 day.
    /// </summary>
    public TimeSpan CreditTimeToLive
    {
        get;
        init => field = Validate.InRange(value, TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1));
    } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Where limits in bytes are set: the room asked for with each record. A larger record may be refused once; it
    /// stays with the sink, which then asks for as much as it needs. Default 0; from 0.
    /// </summary>
    public int BytesPerRecord
    {
        get;
        init => field = Validate.InRange(value, 0, int.MaxValue, "bytes");
    }

    /// <summary>
    /// What becomes of a record larger than a limit could ever admit. False (default): the sink fails and names it.
    /// True: it is left out and counted.
    /// </summary>
    public bool SkipTooLarge { get; init; }
}
