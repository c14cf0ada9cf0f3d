namespace ConveyorActors.Actors.Settings;

/// <summary>
/// How the records of pipelines are stored in an Akka.Persistence journal (<c>conveyor.journal</c>), when
/// <c>conveyor.persistence</c> is on. Immutable; each value is checked when it is set.
/// </summary>
public sealed record JournalSettings
{
    /// <summary>The word for the plugin that Akka.Persistence uses by default.</summary>
    public const string Auto = "auto";

    /// <summary>
    /// The path of the journal plugin's block in the configuration. Default <see cref="Auto"/>: that of
    /// <c>akka.persistence.journal.plugin</c>.
    /// </summary>
    public string Plugin
    {
        get;
        init => field = Validate(value, nameof(Plugin));
    } = Auto;

    /// <summary>
    /// The path of the snapshot store's block in the configuration. Default <see cref="Auto"/>: that of
    /// <c>akka.persistence.snapshot-store.plugin</c>.
    /// </summary>
    public string SnapshotPlugin
    {
        get;
        init => field = Validate(value, nameof(SnapshotPlugin));
    } = Auto;

    /// <summary>
    /// Gets what the persistence id of a pipeline begins with; its name follows. Default <c>conveyor-</c>.
    /// </summary>
    public string IdPrefix
    {
        get;
        init => field = Validate(value, nameof(IdPrefix));
    } = "conveyor-";

    /// <summary>
    /// The most bytes of one event. Default 1 MiB; from 4 KiB to 1 MiB. Changes that do not fit go into the next event.
    /// </summary>
    public int MaxEventBytes
    {
        get;
        init => field = (int)InRange(value, 4_096, 1 << 20, "4 KiB to 1 MiB", nameof(MaxEventBytes));
    } = 1 << 20;

    /// <summary>
    /// The most bytes of a pipeline that are accepted and not yet written, past which offers wait. Default 8 MiB; from
    /// 64 KiB to 1 GiB.
    /// </summary>
    public long MaxUnwrittenBytes
    {
        get;
        init => field = InRange(value, 65_536, 1 << 30, "64 KiB to 1 GiB", nameof(MaxUnwrittenBytes));
    } = 8 << 20;

    /// <summary>
    /// A snapshot is saved when the events since the last one have this many bytes more than the pending records.
    /// Default 4 MiB; from 4 KiB to 1 GiB.
    /// </summary>
    public long SnapshotAfter
    {
        get;
        init => field = InRange(value, 4_096, 1 << 30, "4 KiB to 1 GiB", nameof(SnapshotAfter));
    } = 4 << 20;

    /// <summary>
    /// How long the journal may take to reply to a write or an opening before offers are refused. Default 5 s; from 1
    /// ms to one hour.
    /// </summary>
    public TimeSpan RefuseAfter
    {
        get;
        init => field = Validate(value, nameof(RefuseAfter));
    } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long this process waits before it opens a pipeline again that another process has taken over. Default 20 s;
    /// from 1 ms to one hour.
    /// </summary>
    public TimeSpan ReopenAfter
    {
        get;
        init => field = Validate(value, nameof(ReopenAfter));
    } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Gets how long after its opening a pipeline deletes nothing. Default 60 s; from 1 ms to one hour. A process that
    /// opened it earlier, and has written nothing for half of this time, reads the journal before it acknowledges a
    /// write of its own: the write may have succeeded only because its sequence number had been deleted.
    /// </summary>
    public TimeSpan DeleteAfter
    {
        get;
        init => field = Validate(value, nameof(DeleteAfter));
    } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The waits before a journal that failed is tried again. Default 100 ms, twice as long each time, up to 2 s.
    /// </summary>
    public BackoffSettings Retry
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(Retry));
    } =
        new()
        {
            First = TimeSpan.FromMilliseconds(100),
            Max = TimeSpan.FromSeconds(2),
            Factor = 2,
            Jitter = 0.2,
        };

    static string Validate(string value, string name) =>
        !string.IsNullOrWhiteSpace(value)
            ? value
            : throw new ArgumentException($"{name} is empty; it must be a text.", name);

    static long InRange(long value, long least, long most, string range, string name) =>
        value >= least && value <= most
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} is {value}; it must be from {range}.");

    static TimeSpan Validate(TimeSpan value, string name) =>
        value >= TimeSpan.FromMilliseconds(1) && value <= TimeSpan.FromHours(1)
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                value,
                $"{name} is {value}; it must be from 1 ms to one hour."
            );
}
