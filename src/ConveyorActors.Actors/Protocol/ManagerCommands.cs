using Akka.Event;

namespace ConveyorActors.Actors.Protocol;

/// <summary>Sets a pipeline's limits. Answered with <see cref="Configured"/>.</summary>
public sealed record ConfigurePipeline(string Pipeline, BufferSettings Settings) : ConveyorCommand, IPipelineCommand;

/// <summary>Asks what new limits would refuse, evict and pause. Answered with <see cref="LimitsPlanned"/>.</summary>
public sealed record PlanLimits(string Pipeline, BufferSettings Settings) : ConveyorCommand, IPipelineCommand;

/// <summary>Asks for the manager's fill. Answered with <see cref="Fill"/>.</summary>
public sealed record GetGlobalUtilization(string Pipeline) : ConveyorCommand, IPipelineCommand;

/// <summary>Asks for the stages that have buffered records. Answered with <see cref="NameList"/>.</summary>
public sealed record GetStagesWithData(string Pipeline) : ConveyorCommand, IPipelineCommand;

/// <summary>Asks for all numbers of a pipeline. Answered with <see cref="SnapshotTaken"/>.</summary>
public sealed record GetSnapshot(string Pipeline) : ConveyorCommand, IPipelineCommand;

/// <summary>
/// Refuses new offers, lets consumers finish until the deadline. Answered with <see cref="PipelineStopped"/>.
/// </summary>
public sealed record StopPipeline(string Pipeline, TimeSpan Deadline) : ConveyorCommand, IPipelineCommand;

/// <summary>
/// Asks the pipeline to store everything that it acknowledged before. The reply is <see cref="Flushed"/>, once that is
/// written or cannot be written.
/// </summary>
public sealed record Flush(string Pipeline) : ConveyorCommand, IPipelineCommand;

/// <summary>
/// Ends a wait. The wait itself is answered: with <see cref="WaitCancelled"/>, or with what it had got by then.
/// </summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Stage">The stage that was asked; null when it was a source.</param>
/// <param name="Source">The source that was asked; null when it was a stage.</param>
/// <param name="Wait">The wait's name.</param>
public sealed record CancelWait(string Pipeline, string? Stage, string? Source, Guid Wait)
    : ConveyorCommand,
        IPipelineCommand,
        IDeadLetterSuppression;

/// <summary>Asks for the pipelines that exist on this node. Answered with <see cref="NameList"/>.</summary>
public sealed record GetPipelines : ConveyorCommand
{
    /// <summary>The one there is.</summary>
    public static GetPipelines Instance { get; } = new();
}
