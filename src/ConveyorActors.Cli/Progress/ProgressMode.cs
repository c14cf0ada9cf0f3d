using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Progress;

/// <summary>Specifies how progress is shown.</summary>
enum ProgressMode
{
    /// <summary>Live on a terminal, otherwise plain; none if the results go to the same terminal.</summary>
    Auto,

    /// <summary>A display that is redrawn several times a second; plain if standard error is not a terminal.</summary>
    Live,

    /// <summary>A line every two seconds.</summary>
    Plain,

    /// <summary>No progress, only the summary.</summary>
    None,
}

static class ProgressModes
{
    public static readonly ValueKind<ProgressMode> Kind = Values.CreateChoice(
        ("auto", ProgressMode.Auto),
        ("live", ProgressMode.Live),
        ("plain", ProgressMode.Plain),
        ("none", ProgressMode.None)
    );

    /// <summary>Returns the mode to use in place of Auto, and of a mode that the terminal does not support.</summary>
    /// <param name="mode">The requested mode.</param>
    /// <param name="terminal">The terminal.</param>
    /// <param name="resultsToOut">Whether the sink is standard output.</param>
    public static ProgressMode Resolve(this ProgressMode mode, Terminal terminal, bool resultsToOut) =>
        mode switch
        {
            ProgressMode.Plain or ProgressMode.None => mode,
            _ when !terminal.ErrorIsTerminal => ProgressMode.Plain,
            ProgressMode.Live => mode,
            _ when resultsToOut && terminal.OutIsTerminal => ProgressMode.None,
            _ => ProgressMode.Live,
        };
}
