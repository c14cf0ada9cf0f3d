using System.Globalization;
using ConveyorActors.Pipelines.Commands;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Stages;

/// <summary>
/// Recognizes commands that ended with exit 1 and no message. For grep and others this means that nothing matched. A
/// run that takes it for a failure ends, pauses, or is slow and loses lines, so the user is told: with the failure of
/// the stage, or once lines have become dead letters.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class SilentFailures(StageDefinition stage, RunControl control)
{
    /// <summary>The number of lines that must have become dead letters before the user is told.</summary>
    public const int Enough = 10;

    const int ExitCode = 1;

    int lines;
    volatile string? hint;

    /// <summary>Gets what the user is told because lines became dead letters; null: nothing.</summary>
    public string? Hint => hint;

    string Advice =>
        $"if this exit code means success, as for grep without a match, use --ok-exit {stage.Name}={string.Join(',', stage.OkExitCodes.Append(ExitCode).Order())}";

    /// <summary>Returns the error of a failure, with the advice if the failure is silent.</summary>
    public string Describe(in CommandResult failure) =>
        IsSilent(failure) ? $"{failure.Error} without a message; {Advice}" : failure.Error;

    /// <summary>Records the failure that made a line a dead letter.</summary>
    public void Record(in CommandResult failure)
    {
        if (!IsSilent(failure) || Interlocked.Increment(ref lines) != Enough)
            return;
        hint = string.Create(
            CultureInfo.InvariantCulture,
            $"stage '{stage.Name}': {Enough} lines failed with exit {ExitCode} and no message; {Advice}"
        );
        control.Warn(hint);
    }

    static bool IsSilent(in CommandResult failure) =>
        failure is { End: CommandEnd.Failed, ExitCode: ExitCode }
        && failure.Error == ShellCommand.FormatExit(ExitCode, message: "");
}
