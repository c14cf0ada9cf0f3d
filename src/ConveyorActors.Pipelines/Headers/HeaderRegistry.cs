using System.Collections.Concurrent;
using ConveyorActors.Pipelines.Commands;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Headers;

/// <summary>Holds the headers of all sources of a run.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class HeaderRegistry(RunContext run)
{
    readonly ConcurrentDictionary<string, SourceHeaders> sources = new(StringComparer.Ordinal);
    IReadOnlyList<ShellCommand> commands = [];

    /// <summary>Sets the stages' commands, in order. Must be called before anything else.</summary>
    public void SetCommands(IReadOnlyList<ShellCommand> all) => commands = all;

    public SourceHeaders GetHeaders(string source) =>
        sources.GetOrAdd(source, name => new SourceHeaders(run, name, commands));
}
