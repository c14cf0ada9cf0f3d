using ConveyorActors.Buffers.Inspection.Commands;
using ConveyorActors.Buffers.Inspection.Printing;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection;

/// <summary>
/// Runs operators' commands over a buffer service: the same commands and numbers for pbm, standard input, HTTP and the
/// command line.
/// </summary>
/// <remarks>
/// Safe for use by many threads. The commands use only the service, so they work the same whether the buffers are in
/// this process, on a node or in a cluster.
/// </remarks>
public sealed class InspectionCore
{
    const string Help = "help";

    readonly IBufferService service;

    /// <summary>Initializes the commands over a buffer service, which the caller disposes.</summary>
    /// <param name="service">The buffer service.</param>
    public InspectionCore(IBufferService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        this.service = service;
    }

    /// <summary>Gets the commands, in the order of the help.</summary>
    public static IReadOnlyList<InspectionCommand> Commands { get; } =
    [
        new PipelinesCommand(),
        new StagesCommand(),
        new SourcesCommand(),
        new WhyCommand(),
        new CreditsCommand(),
        new DeadLettersCommand(),
        new HoldCommand(isHeld: true),
        new HoldCommand(isHeld: false),
        new DrainCommand(),
        new LimitsCommand(),
        new StatsCommand(),
        new AuditCommand(),
    ];

    /// <summary>Returns the help of all commands, or of one command.</summary>
    /// <param name="command">A command's name; null: all.</param>
    /// <exception cref="ArgumentException">There is no such command; the message names the existing ones.</exception>
    public static string GetHelp(string? command = null)
    {
        if (command is null)
            return HelpText.Format(Commands);
        try
        {
            return HelpText.Format(Find(command));
        }
        catch (InspectionException e)
        {
            throw new ArgumentException(e.Message, nameof(command));
        }
    }

    /// <summary>
    /// Runs a command line of words separated by blanks. Quotes, double or single, keep a word with blanks together.
    /// </summary>
    /// <param name="line">The command's name, its arguments and options.</param>
    /// <param name="cancellationToken">Ends the wait for the reply.</param>
    public ValueTask<InspectionReply> RunAsync(string line, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(line);
        try
        {
            return RunAsync(WordSplitter.Split(line), cancellationToken);
        }
        catch (InspectionException e)
        {
            // The line has no words, because a quote in it is not closed.
            return new(CreateError(e.ExitCode, e.Message, WantsJson(line.Split((char[]?)null))));
        }
    }

    /// <summary>Runs a command. Errors in the command, or while it runs, are returned in the reply.</summary>
    /// <param name="words">The command's name, its arguments and options.</param>
    /// <param name="cancellationToken">Ends the wait for the reply.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<InspectionReply> RunAsync(
        IReadOnlyList<string> words,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(words);
        var wantsJson = WantsJson(words);
        try
        {
            if (FindHelp(words) is { } help)
                return new(new InspectionReply(0, help));
        }
        catch (InspectionException e)
        {
            return new(CreateError(e.ExitCode, e.Message, wantsJson));
        }
        return RunAsync(words[0], parser => parser.Parse(service, [.. words.Skip(1)]), wantsJson, cancellationToken);
    }

    /// <summary>Runs a command whose arguments and options are all given by name, as pbm passes them.</summary>
    /// <param name="command">The command's name.</param>
    /// <param name="given">
    /// Names of arguments and options in any case, with or without dashes before them, and their values. A flag is set
    /// by any value but "no".
    /// </param>
    /// <param name="cancellationToken">Ends the wait for the reply.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<InspectionReply> RunAsync(
        string command,
        IReadOnlyList<(string Name, string? Value)> given,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(given);
        var wantsJson = given.Any(g =>
            g.Name.TrimStart('-').Equals(Invocation.Json, StringComparison.OrdinalIgnoreCase)
            && !string.Equals(g.Value, "no", StringComparison.OrdinalIgnoreCase)
        );
        return RunAsync(command, parser => parser.ParseNamed(service, given), wantsJson, cancellationToken);
    }

    static async ValueTask<InspectionReply> RunAsync(
        string name,
        Func<CommandParser, Invocation> parse,
        bool wantsJson,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var command = Find(name);
            var report = await command.RunAsync(parse(new(command)), cancellationToken).ConfigureAwait(false);
            return new(report.ExitCode, wantsJson ? report.ToJson() : report.ToText())
            {
                IsReport = true,
                IsJson = wantsJson,
            };
        }
        catch (InspectionException e)
        {
            return CreateError(e.ExitCode, e.Message, wantsJson) with { IsUnknown = e.IsUnknown };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            return CreateError(InspectionException.Failed, ExceptionLine.Format(e), wantsJson) with { Failure = e };
        }
    }

    static bool WantsJson(IReadOnlyList<string> words) =>
        words.TakeWhile(w => w != "--").Contains($"--{Invocation.Json}", StringComparer.Ordinal);

    static string? FindHelp(IReadOnlyList<string> words)
    {
        if (words.Count == 0 || words[0] is "--help" or "-h")
            return HelpText.Format(Commands);
        if (words[0] == Help)
            return words.Count == 1 ? HelpText.Format(Commands) : HelpText.Format(Find(words[1]));
        return words.Skip(1).TakeWhile(w => w != "--").Any(w => w is "--help" or "-h")
            ? HelpText.Format(Find(words[0]))
            : null;
    }

    static InspectionCommand Find(string name) =>
        Commands.FirstOrDefault(c => c.Name == name)
        ?? throw InspectionException.CreateNotOneOf("the command", name, [.. Commands.Select(c => c.Name), Help]);

    static InspectionReply CreateError(int exitCode, string message, bool wantsJson) =>
        new(exitCode, wantsJson ? new InspectionReport().Add(new ValuesPart([("error", message)])).ToJson() : message)
        {
            IsJson = wantsJson,
        };
}
