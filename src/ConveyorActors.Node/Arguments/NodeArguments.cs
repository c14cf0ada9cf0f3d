using System.CommandLine;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Node.Journals;

namespace ConveyorActors.Node.Arguments;

/// <summary>
/// The values of flags and environment variables. Null or empty: not given, and the configuration applies.
/// </summary>
sealed record NodeArguments
{
    public string? Host { get; init; }

    public int? Port { get; init; }

    public IReadOnlyList<SeedAddress> Seeds { get; init; } = [];

    public IReadOnlyList<string> Roles { get; init; } = [];

    public JournalAddress? Journal { get; init; }

    public string? ConfigFile { get; init; }

    public bool IsFast { get; init; }

    public TimeSpan? SeedTimeout { get; init; }

    public TlsFiles? Tls { get; init; }

    public bool IsInspected { get; init; }

    /// <summary>Gets the password of the journal, which is read from the environment only.</summary>
    public string? JournalPassword { get; init; }

    /// <summary>
    /// Reads the flags, and the environment variables of flags that are not given. Wrong values are added to the input
    /// errors.
    /// </summary>
    public static NodeArguments Read(
        NodeFlags flags,
        ParseResult parsed,
        Func<string, string?> environment,
        InputErrors inputErrors
    ) => new NodeArgumentsReader(flags, parsed, environment, inputErrors).Read();
}
