using System.Net;
using ConveyorActors.Cli.Progress;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Run;

/// <summary>What to run and how to show it.</summary>
/// <param name="Definition">Null when there were inputErrors.</param>
/// <param name="Progress">How progress is shown.</param>
/// <param name="Data">The directory in which everything is kept; null: in memory only.</param>
/// <param name="PipelineFile">Where the pipeline is described; null: by flags alone.</param>
sealed record RunRequest(PipelineDefinition? Definition, ProgressMode Progress, string? Data, string? PipelineFile)
{
    /// <summary>Bytes of waiting lines in memory at most; null: as usual.</summary>
    public long? MaxInMemory { get; init; }

    /// <summary>Where the run lets itself be looked at; null: nowhere.</summary>
    public IPEndPoint? Listen { get; init; }
}
