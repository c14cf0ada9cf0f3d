using System.CommandLine;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Node.Arguments;
using ConveyorActors.Node.Clients;
using ConveyorActors.Node.Demo;
using ConveyorActors.Node.Running;

namespace ConveyorActors.Node;

/// <summary>
/// Executes the program's arguments and returns an exit code. Every error is printed as a sentence, never as a stack
/// trace.
/// </summary>
static class CommandLine
{
    static readonly ParserConfiguration Parsing = new()
    {
        EnablePosixBundling = false,
        ResponseFileTokenReplacer = null,
    };

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        try
        {
            var root = CreateRoot();
            var parsed = root.Parse(arguments is ["help"] ? ["--help"] : arguments, Parsing);
            if (
                parsed.Action is not { ClearsParseErrors: true }
                && UsageErrors.Describe(parsed) is { Count: > 0 } errors
            )
                return ReportUsageErrors(errors);
            return await parsed
                .InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null })
                .ConfigureAwait(false);
        }
        catch (NodeException error)
        {
            foreach (var line in error.Message.Split('\n'))
                Messages.Write(line);
            return error.ExitCode;
        }
        catch (Exception unforeseen)
        {
            Messages.Write(Messages.FormatOneLine(unforeseen));
            return ExitCodes.Failed;
        }
    }

    /// <summary>Prints errors, and the command that shows the help.</summary>
    public static int ReportUsageErrors(IEnumerable<string> errors)
    {
        foreach (var error in errors)
            Messages.Write(error);
        Messages.Write("see conveyor-node --help");
        return ExitCodes.Usage;
    }

    static RootCommand CreateRoot()
    {
        var root = new RootCommand(
            "A node of a cluster of pipelines. Ends gracefully on SIGTERM and Ctrl-C: it hands its pipelines over, drains and leaves."
        );
        root.Directives.Clear();
        var flags = new NodeFlags();
        foreach (var flag in flags.All)
            root.Options.Add(flag);
        foreach (var verb in (Command[])[DemoCommand.Create(), ClientCommands.Produce(), ClientCommands.Consume()])
            root.Subcommands.Add(verb);
        foreach (var option in root.Options)
            if (option is VersionOption)
                option.Action = new ShowVersion();
        root.SetAction(
            (parsed, _) =>
            {
                var inputErrors = new InputErrors();
                var given = NodeArguments.Read(flags, parsed, Environment.GetEnvironmentVariable, inputErrors);
                if (inputErrors.Any)
                    return Task.FromResult(ReportUsageErrors(inputErrors.All));
                var variables = Environment.GetEnvironmentVariables().Keys.Cast<string>();
                foreach (var unknown in UnknownVariables.Describe(flags, variables))
                    Messages.Write(unknown);
                return new NodeRun(NodeConfig.Create(given), given.IsInspected).RunAsync();
            }
        );
        return root;
    }

    sealed class ShowVersion : System.CommandLine.Invocation.SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"{Messages.Program} {Messages.Version}");
            return ExitCodes.Done;
        }
    }
}
