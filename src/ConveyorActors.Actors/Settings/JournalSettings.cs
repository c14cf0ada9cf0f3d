namespace ConveyorActors.Actors.Settings;

/// <summary>
/// The settings of the Akka.Persistence journal that the records of pipelines are stored in (<c>conveyor.journal</c>),
/// if <c>conveyor.persistence</c> is on. Immutable; each value is validated when it is set.
/// </summary>
public sealed record JournalSettings
{
    /// <summary>The value that stands for Akka.Persistence's default plugin.</summary>
    public const string Auto = "auto";

    /// <summary>
    /// Gets the path of the journal plugin's block in the configuration. Default <see cref="Auto"/>: that of
    /// <c>akka.persistence.journal.plugin</c>.
    /// </summary>
    public string Plugin
    {
        get;
        init => field = Validate(value, nameof(Plugin));
    } = Auto;

    /// <summary>
    /// Gets the path of the snapshot store's block in the configuration. Default <see cref="Auto"/>: that of
    /// <c>akka.persistence.snapshot-store.plugin</c>.
    /// </summary>
    public string SnapshotPlugin
    {
        get;
        init => field = Validate(value, nameof(SnapshotPlugin));
    } = Auto;

    /// <summary>
    /// Gets the prefix of a pipeline's persistence id; the pipeline's name follows. Default <c>conveyor-</c>.
    /// </summary>
    public string IdPrefix
    {
        get;
        init => field = Validate(value, nameof(IdPrefix));
    } = "conveyor-";

    /// <summary>
    /// Gets the prefix of persistence ids that are no pipeline's: the text after <see cref="IdPrefix"/> starts with a
    /// control character, which a pipeline's name must not have.
    /// </summary>
    internal string ReservedPrefix => IdPrefix + '\t';

    /// <summary>
    /// Gets the most bytes of one event. Default 1 MiB; from 4 KiB to 1 MiB. Changes that do not fit go into the next
    /// event.
    /// </summary>
    public int MaxEventBytes
    {
        get;
        init => field = (int)ValidateRange(value, 4_096, 1 << 20, "4 KiB to 1 MiB", nameof(MaxEventBytes));
    } = 1 << 20;

    /// <summary>
    /// Gets the most bytes of a pipeline that are accepted and not yet written. Beyond it offers wait. Default 8 MiB;
    /// from 64 KiB to 1 GiB.
    /// </summary>
    public long MaxUnwrittenBytes
    {
        get;
        init => field = ValidateRange(value, 65_536, 1 << 30, "64 KiB to 1 GiB", nameof(MaxUnwrittenBytes));
    } = 8 << 20;

    /// <summary>
    /// Gets by how many bytes the events since the last snapshot may exceed the pending records before a snapshot is
    /// saved. Default 4 MiB; from 4 KiB to 1 GiB.
    /// </summary>
    public long SnapshotAfter
    {
        get;
        init => field = ValidateRange(value, 4_096, 1 << 30, "4 KiB to 1 GiB", nameof(SnapshotAfter));
    } = 4 << 20;

    /// <summary>
    /// Gets how long the journal may take to reply to a write or an opening before offers are refused. Default 5 s;
    /// from 1 ms to one hour.
    /// </summary>
    public TimeSpan RefuseAfter
    {
        get;
        init => field = Validate(value, nameof(RefuseAfter));
    } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets how long this process waits before it opens a pipeline again that another process has taken over. Default
    /// 20 s; from 1 ms to one hour.
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

    /// <summary>Gets the delays before a failed journal is tried again. Default 100 ms, doubling up to 2 s.</summary>
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

    static long ValidateRange(long value, long least, long most, string range, string name) =>
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
