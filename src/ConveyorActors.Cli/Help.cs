using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;

namespace ConveyorActors.Cli;

/// <summary>Adds examples to the library's help, and shows a version without the commit.</summary>
static class Help
{
    const string RootExamples = """
          conveyor demo
          conveyor run --source access.log --stage 'slim=cut -f1,3' --stage 'busy=grep -v bot' --ok-exit busy=0,1 --sink out.txt
          conveyor run --help
        """;

    /// <summary>Maximum width of the help in columns; longer lines are hard to read.</summary>
    const int Widest = 132;

    public static string Version { get; } =
        typeof(Help)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+')[0]
        ?? "unknown";

    public static void AddTo(RootCommand root)
    {
        foreach (var option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction plain })
                option.Action = new WithExamples(plain);
            if (option is VersionOption)
                option.Action = new ShowVersion();
        }
    }

    /// <summary>Returns the command with the name of the program, such as "conveyor run".</summary>
    public static string FormatPath(Command command) =>
        command is RootCommand ? Terminal.ProgramName : $"{Terminal.ProgramName} {command.Name}";

    public static string GetExamples(Command command) => command is Verb verb ? verb.Examples : RootExamples;

    sealed class WithExamples(HelpAction plain) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            plain.MaxWidth = Math.Min(plain.MaxWidth, Widest);
            plain.Invoke(parseResult);
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            output.WriteLine(GetExamples(parseResult.CommandResult.Command));
            return ExitCodes.Done;
        }
    }

    sealed class ShowVersion : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"{Terminal.ProgramName} {Version}");
            return ExitCodes.Done;
        }
    }
}
