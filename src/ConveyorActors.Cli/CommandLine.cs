using System.CommandLine;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli;

/// <summary>
/// Runs the program from its arguments to an exit code. Errors are reported as sentences, never as a stack trace.
/// </summary>
static class CommandLine
{
    static readonly ParserConfiguration Parsing = new()
    {
        EnablePosixBundling = false,
        // A path may begin with @, so response files are off.
        ResponseFileTokenReplacer = null,
    };

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal)
    {
        try
        {
            if (RawArguments.Validate(arguments) is { } unusable)
            {
                terminal.WriteMessage(unusable);
                return ExitCodes.Usage;
            }
            var root = CreateRoot(terminal);
            var parsed = root.Parse(WithHelpAsFlag(arguments, root), Parsing);
            var isHelp = parsed.Action is { ClearsParseErrors: true };
            // A word that is not a verb is reported even if it is followed by --help.
            var isUnknownVerb = parsed is { CommandResult.Command: RootCommand, UnmatchedTokens.Count: > 0 };
            if ((!isHelp || isUnknownVerb) && UsageErrors.Describe(parsed) is { Count: > 0 } errors)
                return ReportUsageErrors(terminal, errors, parsed.CommandResult.Command);
            var exit = await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = terminal.Out,
                    Error = terminal.Error,
                    EnableDefaultExceptionHandler = false,
                    // The verbs handle Ctrl-C themselves.
                    ProcessTerminationTimeout = null,
                }
            );
            terminal.Out.Flush();
            if (terminal.OutFailure is not { } why)
                return exit;
            terminal.WriteMessage($"standard output cannot be written: {why}");
            return exit == ExitCodes.Done ? ExitCodes.Failed : exit;
        }
        catch (PipelineInputException refused)
        {
            terminal.WriteMessage(ExceptionSentence.Format(refused));
            return ExitCodes.Usage;
        }
        catch (Exception unforeseen)
        {
            terminal.Restore();
            terminal.WriteMessage(ExceptionSentence.Format(unforeseen));
            return ExitCodes.Failed;
        }
    }

    /// <summary>Reports usage errors and where the help is. Returns the exit code for wrong usage.</summary>
    public static int ReportUsageErrors(Terminal terminal, IEnumerable<string> errors, Command command)
    {
        foreach (var error in errors)
            terminal.WriteMessage(error);
        terminal.Error.WriteLine($"see {Help.FormatPath(command)} --help");
        return ExitCodes.Usage;
    }

    /// <summary>Turns "help" and "help run" into "--help" and "run --help".</summary>
    static IReadOnlyList<string> WithHelpAsFlag(IReadOnlyList<string> arguments, Command root) =>
        arguments is not ["help", ..] ? arguments
        : arguments is ["help", var verb, ..] && verb != "--help"
            ? root.Subcommands.Any(c => c.Name == verb) ? [verb, "--help"]
                : [verb]
        : ["--help"];

    static RootCommand CreateRoot(Terminal terminal)
    {
        var root = new RootCommand(
            "Moves lines through shell commands in bounded memory: sources are slowed down before buffers fill up, failed batches are retried, and lines that fail on their own become dead letters."
        );
        root.Directives.Clear();
        foreach (var verb in Verbs.CreateAll(terminal))
            root.Subcommands.Add(verb);
        Help.AddTo(root);
        return root;
    }
}
