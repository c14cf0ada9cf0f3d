using Akka.Event;

namespace ConveyorActors.Actors.Protocol;

/// <summary>Sets a pipeline's limits. The reply is <see cref="Configured"/>.</summary>
public sealed record ConfigurePipeline(string Pipeline, BufferSettings Settings) : ConveyorCommand, IPipelineCommand;

/// <summary>
/// Asks for the refusals, evictions and pauses that new limits would cause. The reply is <see cref="LimitsPlanned"/>.
/// </summary>
public sealed record PlanLimits(string Pipeline, BufferSettings Settings) : ConveyorCommand, IPipelineCommand;

/// <summary>Asks for the manager's fill. The reply is <see cref="Fill"/>.</summary>
public sealed record GetGlobalUtilization(string Pipeline) : ConveyorCommand, IPipelineCommand;

/// <summary>Asks for the stages that have buffered records. The reply is <see cref="NameList"/>.</summary>
public sealed record GetStagesWithData(string Pipeline) : ConveyorCommand, IPipelineCommand;

/// <summary>Asks for all numbers of a pipeline. The reply is <see cref="SnapshotTaken"/>.</summary>
public sealed record GetSnapshot(string Pipeline) : ConveyorCommand, IPipelineCommand;

/// <summary>
/// Stops a pipeline: it refuses new offers and lets consumers finish until the deadline. The reply is
/// <see cref="PipelineStopped"/>.
/// </summary>
public sealed record StopPipeline(string Pipeline, TimeSpan Deadline) : ConveyorCommand, IPipelineCommand;

/// <summary>
/// Tells the pipeline to store every change that it acknowledged before. The reply is <see cref="Flushed"/>, once they
/// are written or cannot be written.
/// </summary>
public sealed record Flush(string Pipeline) : ConveyorCommand, IPipelineCommand;

/// <summary>
/// Ends a wait. The command that waits gets the reply: <see cref="WaitCancelled"/>, or its own reply if it had been
/// granted something by then.
/// </summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Stage">The stage of the wait; null: the wait is at a source.</param>
/// <param name="Source">The source of the wait; null: the wait is at a stage.</param>
/// <param name="Wait">The wait's name.</param>
public sealed record CancelWait(string Pipeline, string? Stage, string? Source, Guid Wait)
    : ConveyorCommand,
        IPipelineCommand,
        IDeadLetterSuppression;

/// <summary>Asks for the pipelines that exist on this node. The reply is <see cref="NameList"/>.</summary>
public sealed record GetPipelines : ConveyorCommand
{
    /// <summary>Gets the only instance.</summary>
    public static GetPipelines Instance { get; } = new();
}
