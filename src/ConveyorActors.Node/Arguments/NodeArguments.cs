using System.CommandLine;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Node.Journals;

namespace ConveyorActors.Node.Arguments;

/// <summary>
/// What flags and environment variables say. Null or empty: they say nothing, and the configuration holds.
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

    /// <summary>The password of the journal, which comes from the environment only.</summary>
    public string? JournalPassword { get; init; }

    /// <summary>
    /// Reads the flags, and the environment variables of those that are not given. Wrong values become inputErrors.
    /// </summary>
    public static NodeArguments Read(
        NodeFlags flags,
        ParseResult parsed,
        Func<string, string?> environment,
        InputErrors inputErrors
    ) => new NodeArgumentsReader(flags, parsed, environment, inputErrors).Read();
}
