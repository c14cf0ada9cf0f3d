using System.Runtime.CompilerServices;

namespace ConveyorActors.Http;

/// <summary>
/// The limits of the HTTP API: what one request may send, hold and wait for. Immutable; each value is checked when it
/// is set.
/// </summary>
public sealed record ConveyorHttpOptions
{
    /// <summary>Bytes of one body, and of what it is decompressed to. Default 64 MiB; from 1 KiB.</summary>
    public long MaxBodyBytes
    {
        get;
        init => field = Within(value, 1 << 10, long.MaxValue, "bytes");
    } = 64 << 20;

    /// <summary>Bytes of one record: a line of the body, or an item of its array. Default 1 MiB; from 1 byte.</summary>
    public int MaxRecordBytes
    {
        get;
        init => field = (int)Within(value, 1, 1 << 30, "bytes");
    } = 1 << 20;

    /// <summary>
    /// Bytes of a body that is accepted whole or not at all, and so is kept in memory until its last record is read.
    /// Default 8 MiB; from 1 KiB.
    /// </summary>
    public int MaxWholeBytes
    {
        get;
        init => field = (int)Within(value, 1 << 10, 1 << 30, "bytes");
    } = 8 << 20;

    /// <summary>
    /// Bytes of all such bodies that are kept at the same time; requests over it are told to come again. Default 256
    /// MiB; from 1 KiB.
    /// </summary>
    public long MaxWholeBytesInAll
    {
        get;
        init => field = Within(value, 1 << 10, long.MaxValue, "bytes");
    } = 256 << 20;

    /// <summary>
    /// Records of one lease, of one peek and of one list of dead letters. Default 10,000; from 1 to 1,000,000.
    /// </summary>
    public int MaxRecords
    {
        get;
        init => field = (int)Within(value, 1, 1_000_000, "records");
    } = 10_000;

    /// <summary>How long a request may take to send its body. Default 100 s; from 1 ms to 1 day.</summary>
    public TimeSpan MaxRequestTime
    {
        get;
        init => field = Within(value);
    } = TimeSpan.FromSeconds(100);

    /// <summary>How long a request may wait for records or for room. Default 30 s; from 1 ms to 1 day.</summary>
    public TimeSpan MaxWait
    {
        get;
        init => field = Within(value);
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Pipelines that requests may create, those that exist among them. Default 1,000; from 1 to 1,000,000.
    /// </summary>
    public int MaxPipelines
    {
        get;
        init => field = (int)Within(value, 1, 1_000_000, "pipelines");
    } = 1_000;

    /// <summary>Readers of the event stream at the same time. Default 256; from 1 to 100,000.</summary>
    public int MaxEventReaders
    {
        get;
        init => field = (int)Within(value, 1, 100_000, "readers");
    } = 256;

    /// <summary>
    /// Events that are kept for readers that fall behind or reconnect. Default 4,096; from 16 to 1,000,000.
    /// </summary>
    public int MaxEventsKept
    {
        get;
        init => field = (int)Within(value, 16, 1_000_000, "events");
    } = 4_096;

    /// <summary>
    /// How often the event stream tells rates, and looks for new sources. Default 1 s; from 1 ms to 1 day.
    /// </summary>
    public TimeSpan SampleEvery
    {
        get;
        init => field = Within(value);
    } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether only what changes nothing is served: numbers, reasons, records and events. What would change something
    /// is refused with 403. Default false.
    /// </summary>
    public bool IsReadOnly { get; init; }

    /// <summary>
    /// The stages in the order in which records go through them, for the event stream; others follow by name. Default:
    /// none.
    /// </summary>
    public IReadOnlyList<string> StageOrder { get; init; } = [];

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

    static long Within(long value, long least, long most, string unit, [CallerMemberName] string name = "") =>
        value >= least && value <= most
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                value,
                FormattableString.Invariant($"{name} is {value}; it must be from {least:N0} to {most:N0} {unit}.")
            );

    static TimeSpan Within(TimeSpan value, [CallerMemberName] string name = "") =>
        value >= TimeSpan.FromMilliseconds(1) && value <= TimeSpan.FromDays(1)
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; it must be from 1 ms to 1 day.");
}
