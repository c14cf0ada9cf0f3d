namespace ConveyorActors.Cli.Progress;

/// <summary>Creates the view for a progress mode.</summary>
static class Views
{
    public static IProgressView Choose(
        ProgressMode resolved,
        Terminal terminal,
        FrameMaker frames,
        TimeProvider clock
    ) =>
        resolved switch
        {
            ProgressMode.Live => new LiveView(terminal.CreateErrorConsole(), frames, clock),
            ProgressMode.Plain => new PlainView(terminal, frames, clock),
            _ => new NoView(terminal),
        };
}
