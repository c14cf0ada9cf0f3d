using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Progress;

/// <summary>How progress is shown.</summary>
enum ProgressMode
{
    /// <summary>Live on a terminal, otherwise plain; nothing where the results go to the same terminal.</summary>
    Auto,

    /// <summary>
    /// A display that is drawn anew several times a second; plain where there is no terminal to draw on.
    /// </summary>
    Live,

    /// <summary>A line now and then.</summary>
    Plain,

    /// <summary>Nothing until the summary.</summary>
    None,
}

static class ProgressModes
{
    public static readonly ValueKind<ProgressMode> Kind = Values.OneOf(
        ("auto", ProgressMode.Auto),
        ("live", ProgressMode.Live),
        ("plain", ProgressMode.Plain),
        ("none", ProgressMode.None)
    );

    /// <summary>What auto comes to.</summary>
    /// <param name="mode">What was asked for.</param>
    /// <param name="terminal">What is at the other end.</param>
    /// <param name="resultsToOut">True when the sink is standard output.</param>
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
