using System.Globalization;
using ConveyorActors.Pipelines.Commands;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Stages;

/// <summary>
/// Counts the lines that became dead letters because a stage's command ended with exit 1 and no message. For grep and
/// others this means that nothing matched. A run that takes it for a failure is slow and loses lines, so the user is
/// told once.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class SilentFailures(StageDefinition stage, RunControl control)
{
    /// <summary>The number of lines that must have failed before the user is told.</summary>
    public const int Enough = 10;

    const int ExitCode = 1;

    int lines;
    volatile string? hint;

    /// <summary>Gets what the user is told; null: nothing.</summary>
    public string? Hint => hint;

    /// <summary>Records the failure that made a line a dead letter.</summary>
    public void Record(in CommandResult failure)
    {
        var isSilent =
            failure is { End: CommandEnd.Failed, ExitCode: ExitCode }
            && failure.Error == ShellCommand.FormatExit(ExitCode, message: "");
        if (!isSilent || Interlocked.Increment(ref lines) != Enough)
            return;
        var codes = string.Join(',', stage.OkExitCodes.Append(ExitCode).Order());
        hint = string.Create(
            CultureInfo.InvariantCulture,
            $"stage '{stage.Name}': {Enough} lines failed with exit {ExitCode} and no message; if this exit code means success, as for grep without a match, use --ok-exit {stage.Name}={codes}"
        );
        control.Warn(hint);
    }
}
