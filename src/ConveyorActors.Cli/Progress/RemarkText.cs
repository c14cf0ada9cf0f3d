using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Progress;

/// <summary>What commands that were done said, in sentences.</summary>
static class RemarkText
{
    /// <param name="remarks">What they said.</param>
    /// <param name="exact">With how often each was said, which changes all the time while they run.</param>
    public static IEnumerable<string> Of(IEnumerable<CommandRemark> remarks, bool exact = true) =>
        remarks
            .Where(r => exact || r.Text.Length > 0)
            .Select(r =>
                r.Text.Length == 0
                    ? $"stage {Printable.Text(r.Stage, 40)} said: {CountText.Of(r.Count, "line")} more with other texts"
                    : $"stage {Printable.Text(r.Stage, 40)} said: {r.Text}{(exact && r.Count > 1 ? $" ({CountText.Exact(r.Count)} times)" : "")}"
            );
}
