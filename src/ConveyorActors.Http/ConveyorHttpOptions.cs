using System.Runtime.CompilerServices;

namespace ConveyorActors.Http;

/// <summary>
/// The limits of the HTTP API: how much one request may send and hold, and how long it may wait. Immutable; each value
/// is checked when it is set.
/// </summary>
public sealed record ConveyorHttpOptions
{
    /// <summary>Maximum bytes of one body, both as sent and decompressed. Default 64 MiB; from 1 KiB.</summary>
    public long MaxBodyBytes
    {
        get;
        init => field = ValidateRange(value, 1 << 10, long.MaxValue, "bytes");
    } = 64 << 20;

    /// <summary>
    /// Maximum bytes of one record: a line of the body, or an item of its array. Default 1 MiB; from 1 byte.
    /// </summary>
    public int MaxRecordBytes
    {
        get;
        init => field = (int)ValidateRange(value, 1, 1 << 30, "bytes");
    } = 1 << 20;

    /// <summary>
    /// Maximum bytes of a body that is accepted whole or not at all. Such a body is kept in memory until its last
    /// record is read. Default 8 MiB; from 1 KiB.
    /// </summary>
    public int MaxWholeBytes
    {
        get;
        init => field = (int)ValidateRange(value, 1 << 10, 1 << 30, "bytes");
    } = 8 << 20;

    /// <summary>
    /// Maximum bytes of all bodies that are accepted whole and kept in memory at the same time; requests beyond it are
    /// refused and may be tried again. Default 256 MiB; from 1 KiB.
    /// </summary>
    public long MaxWholeBytesInAll
    {
        get;
        init => field = ValidateRange(value, 1 << 10, long.MaxValue, "bytes");
    } = 256 << 20;

    /// <summary>
    /// Maximum records of one lease, of one peek and of one list of dead letters. Default 10,000; from 1 to 1,000,000.
    /// </summary>
    public int MaxRecords
    {
        get;
        init => field = (int)ValidateRange(value, 1, 1_000_000, "records");
    } = 10_000;

    /// <summary>Maximum time in which a request must send its body. Default 100 s; from 1 ms to 1 day.</summary>
    public TimeSpan MaxRequestTime
    {
        get;
        init => field = ValidateRange(value);
    } = TimeSpan.FromSeconds(100);

    /// <summary>
    /// Maximum time that a request may wait for records or for room. Default 30 s; from 1 ms to 1 day.
    /// </summary>
    public TimeSpan MaxWait
    {
        get;
        init => field = ValidateRange(value);
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Maximum number of pipelines up to which requests may create new ones; existing pipelines count. Default 1,000;
    /// from 1 to 1,000,000.
    /// </summary>
    public int MaxPipelines
    {
        get;
        init => field = (int)ValidateRange(value, 1, 1_000_000, "pipelines");
    } = 1_000;

    /// <summary>
    /// Maximum number of readers of the event stream at the same time. Default 256; from 1 to 100,000.
    /// </summary>
    public int MaxEventReaders
    {
        get;
        init => field = (int)ValidateRange(value, 1, 100_000, "readers");
    } = 256;

    /// <summary>
    /// Maximum number of events kept for readers that fall behind or reconnect; events older than a minute are not kept.
    /// Default 100,000; from 16 to 1,000,000.
    /// </summary>
    public int MaxEventsKept
    {
        get;
        init => field = (int)ValidateRange(value, 16, 1_000_000, "events");
    } = 100_000;

    /// <summary>
    /// Maximum bytes of the events kept for readers that fall behind or reconnect. Default 128 MiB; from 1 KiB.
    /// </summary>
    public long MaxEventBytesKept
    {
        get;
        init => field = ValidateRange(value, 1 << 10, long.MaxValue, "bytes");
    } = 128 << 20;

    /// <summary>
    /// Interval at which the event stream sends rates and looks for new sources. Default 1 s; from 1 ms to 1 day.
    /// </summary>
    public TimeSpan SampleEvery
    {
        get;
        init => field = ValidateRange(value);
    } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Gets whether the API serves only reading requests: numbers, reasons, records and events. Requests that would
    /// change something are refused with 403. Default false.
    /// </summary>
    public bool IsReadOnly { get; init; }

    /// <summary>
    /// Gets the stages in the order in which records pass through them, for the event stream; stages not listed follow
    /// by name. Default: none.
    /// </summary>
    public IReadOnlyList<string> StageOrder { get; init; } = [];

    /// <summary>Gets the clock. Default: the system's clock.</summary>
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

    static long ValidateRange(long value, long least, long most, string unit, [CallerMemberName] string name = "") =>
        value >= least && value <= most
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                value,
                FormattableString.Invariant($"{name} is {value}; it must be from {least:N0} to {most:N0} {unit}.")
            );

    static TimeSpan ValidateRange(TimeSpan value, [CallerMemberName] string name = "") =>
        value >= TimeSpan.FromMilliseconds(1) && value <= TimeSpan.FromDays(1)
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; it must be from 1 ms to 1 day.");
}
