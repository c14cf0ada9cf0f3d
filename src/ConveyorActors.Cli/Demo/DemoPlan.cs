using ConveyorActors.Buffers;

namespace ConveyorActors.Cli.Demo;

/// <summary>Specifies the speed of the demo's slow stage.</summary>
enum Pace
{
    /// <summary>The stage is faster than the sources.</summary>
    Fast,

    /// <summary>The stage is slower than the sources, which are slowed down to its pace.</summary>
    Slow,

    /// <summary>The stage processes nothing, and the sources are paused.</summary>
    Hanging,
}

/// <summary>
/// The script of the demo: its sources and stages, and the times of its events as fractions of its length.
/// </summary>
/// <param name="Length">The length of the demo, without the moment in which the buffers are emptied.</param>
sealed record DemoPlan(TimeSpan Length)
{
    public const string Pipeline = "demo";
    public const string Parse = "parse";
    public const string Enrich = "enrich";
    public const string Store = "store";
    public const string PoisonedSource = "orders";

    public static readonly IReadOnlyList<string> Stages = [Parse, Enrich, Store];
    public static readonly IReadOnlyList<string> Sources = [PoisonedSource, "clicks", "sensors"];

    static readonly (double From, Pace Pace, string Story)[] Acts =
    [
        (0.00, Pace.Fast, "three sources send 60 records a second each; every stage keeps up"),
        (0.15, Pace.Slow, "enrich becomes slow: 60 records a second for all three sources"),
        (0.35, Pace.Hanging, "enrich hangs: no record passes it"),
        (0.50, Pace.Slow, "enrich replies again, slowly"),
        (0.62, Pace.Fast, "enrich is as fast as before"),
    ];

    /// <summary>Gets the time a source waits between two records at full speed.</summary>
    public static TimeSpan Between { get; } = TimeSpan.FromSeconds(1 / 60.0);

    /// <summary>Gets the time at which the sources end.</summary>
    public TimeSpan SourcesEnd => Length * 0.9;

    /// <summary>Gets the time at which the poison record is sent.</summary>
    public TimeSpan Poison => Length * 0.55;

    /// <summary>Gets limits small enough to fill up while the user watches.</summary>
    public BufferSettings Limits =>
        new()
        {
            MaxTotalRecords = 1000,
            MaxPerSource = 400,
            MaxPerStage = Math.Clamp((int)(Length.TotalSeconds * 8), 40, 160),
            Stage = new()
            {
                FullMode = FullMode.Wait,
                MaxRetries = 2,
                Backoff = new() { First = TimeSpan.FromMilliseconds(300) },
            },
        };

    public Pace GetPace(TimeSpan elapsed) => Acts.Last(a => elapsed >= Length * a.From).Pace;

    /// <summary>Returns the stories of all events up to a time.</summary>
    public IEnumerable<string> GetStories(TimeSpan elapsed) =>
        Acts.Where(a => elapsed >= Length * a.From).Select(a => a.Story);

    /// <summary>Returns the time that a stage needs for a batch; null while it hangs.</summary>
    public TimeSpan? GetWorkTime(string stage, int records, TimeSpan elapsed) =>
        stage == Enrich
            ? GetPace(elapsed) switch
            {
                Pace.Fast => TimeSpan.FromMilliseconds(records),
                Pace.Slow => TimeSpan.FromSeconds(records / 60.0),
                _ => null,
            }
            : TimeSpan.FromMilliseconds(2);
}
