using System.Net;
using ConveyorActors.Cli.Progress;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Run;

/// <summary>The pipeline to run, and how the run is shown and stored.</summary>
/// <param name="Definition">The pipeline; null if there were errors.</param>
/// <param name="Progress">How progress is shown.</param>
/// <param name="Data">The data directory that keeps everything; null: in memory only.</param>
/// <param name="PipelineFile">The file that describes the pipeline; null: described by flags alone.</param>
sealed record RunRequest(PipelineDefinition? Definition, ProgressMode Progress, string? Data, string? PipelineFile)
{
    /// <summary>Gets the maximum bytes of waiting lines in memory; null: the default.</summary>
    public long? MaxInMemory { get; init; }

    /// <summary>Gets the address at which the run can be inspected over HTTP; null: none.</summary>
    public IPEndPoint? Listen { get; init; }
}
