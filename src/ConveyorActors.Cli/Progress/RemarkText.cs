using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Progress;

/// <summary>Renders the error output of successful commands as sentences.</summary>
static class RemarkText
{
    /// <param name="remarks">The remarks of the commands.</param>
    /// <param name="exact">
    /// Whether to include how often each remark occurred, which changes all the time during a run.
    /// </param>
    public static IEnumerable<string> Format(IEnumerable<CommandRemark> remarks, bool exact = true) =>
        remarks
            .Where(r => exact || r.Text.Length > 0)
            .Select(r =>
                r.Text.Length == 0
                    ? $"stage {Printable.Sanitize(r.Stage, 40)} said: {CountText.FormatWithNoun(r.Count, "line")} more with other messages"
                    : $"stage {Printable.Sanitize(r.Stage, 40)} said: {r.Text}{(exact && r.Count > 1 ? $" ({CountText.FormatExact(r.Count)} times)" : "")}"
            );
}
