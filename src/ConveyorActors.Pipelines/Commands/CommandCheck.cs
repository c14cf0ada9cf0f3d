using System.Runtime.Versioning;
using System.Text;
using ConveyorActors.Pipelines.Commands.Unix;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>Checks, before a file is read or opened, whether a stage's command can be started.</summary>
/// <remarks>
/// A command that could run is never refused: if the result is uncertain the run begins, and ends if the stage fails as
/// a whole.
/// </remarks>
static class CommandCheck
{
    const int NotExecutable = 126,
        NotFound = 127;

    /// <summary>
    /// Returns the reason why the command cannot be started; null if it can, or if this cannot be determined.
    /// </summary>
    public static async ValueTask<string?> ValidateAsync(
        StageDefinition stage,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        if (OperatingSystem.IsWindows())
            return null;
        if (LibC.Access(Spawner.Shell, LibC.ExecuteAccess) != 0)
            return $"the shell {Spawner.Shell} cannot be started";
        var (words, hasMoved) = CommandWords.Parse(stage.Command);
        foreach (var word in words)
        {
            if (!word.Contains('/'))
            {
                if (
                    !stage.OkExitCodes.Contains(NotFound)
                    && !await IsKnownAsync(stage, word, clock, cancellationToken).ConfigureAwait(false)
                )
                    return $"command not found: {word}";
            }
            else if (hasMoved && word[0] != '/')
                continue;
            else if (Directory.Exists(word))
            {
                if (!stage.OkExitCodes.Contains(NotExecutable))
                    return $"command cannot be executed: {word} is a directory";
            }
            else if (!File.Exists(word))
            {
                if (!stage.OkExitCodes.Contains(NotFound))
                    return $"command not found: {word}";
            }
            else if (LibC.Access(word, LibC.ExecuteAccess) != 0 && !stage.OkExitCodes.Contains(NotExecutable))
                return $"command cannot be executed: {word}";
        }
        return null;
    }

    /// <summary>
    /// Asks the shell that will run the command, because the shell knows its builtins and functions, too.
    /// </summary>
    [UnsupportedOSPlatform("windows")]
    static async ValueTask<bool> IsKnownAsync(
        StageDefinition stage,
        string word,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        var question = new StageDefinition(stage.Name, $"command -v -- {word} || exit 1") { OkExitCodes = [0] };
        var result = await new ShellCommand(question, clock).RunAsync(default, cancellationToken).ConfigureAwait(false);
        if (result is { End: CommandEnd.Done, Results: { Length: 1 } reply })
            PlainCommand.AddProgram(word, Encoding.UTF8.GetString(reply.Span[0].Payload.Span));
        return result is not { End: CommandEnd.Failed, ExitCode: 1 };
    }
}
