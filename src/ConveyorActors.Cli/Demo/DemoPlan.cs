using ConveyorActors.Buffers;

namespace ConveyorActors.Cli.Demo;

/// <summary>How fast the demo's slow stage is.</summary>
enum Pace
{
    /// <summary>Faster than the sources.</summary>
    Fast,

    /// <summary>Slower than the sources: they are slowed down to its pace.</summary>
    Slow,

    /// <summary>Nothing comes through: the sources are paused.</summary>
    Hanging,
}

/// <summary>The demo's script: who takes part, and what happens when. Everything is a share of the length.</summary>
/// <param name="Length">How long the demo takes, a moment for emptying the buffers aside.</param>
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
        (0.35, Pace.Hanging, "enrich hangs: nothing comes through"),
        (0.50, Pace.Slow, "enrich answers again, slowly"),
        (0.62, Pace.Fast, "enrich is as fast as before"),
    ];

    /// <summary>How long a source waits between two records when nobody asks for more.</summary>
    public static TimeSpan Between { get; } = TimeSpan.FromSeconds(1 / 60.0);

    /// <summary>When the sources have no more.</summary>
    public TimeSpan SourcesEnd => Length * 0.9;

    /// <summary>When the poison record comes.</summary>
    public TimeSpan Poison => Length * 0.55;

    /// <summary>Small enough to fill up while one watches.</summary>
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

    public Pace PaceAt(TimeSpan elapsed) => Acts.Last(a => elapsed >= Length * a.From).Pace;

    /// <summary>What has happened by now, to be told.</summary>
    public IEnumerable<string> StoriesUntil(TimeSpan elapsed) =>
        Acts.Where(a => elapsed >= Length * a.From).Select(a => a.Story);

    /// <summary>How long one batch takes a stage; null while it hangs.</summary>
    public TimeSpan? WorkTime(string stage, int records, TimeSpan elapsed) =>
        stage == Enrich
            ? PaceAt(elapsed) switch
            {
                Pace.Fast => TimeSpan.FromMilliseconds(records),
                Pace.Slow => TimeSpan.FromSeconds(records / 60.0),
                _ => null,
            }
            : TimeSpan.FromMilliseconds(2);
}
