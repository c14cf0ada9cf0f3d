namespace ConveyorActors.Actors.Protocol;

/// <summary>
/// A command for this node alone: where it does not have the pipeline, it says so (<see cref="Problem.Elsewhere"/>)
/// instead of passing the command on.
/// </summary>
sealed record Here(IPipelineCommand Command) : INoSerializationVerificationNeeded;

/// <summary>
/// Opens a pipeline of this node, so that offers to it can be made past the actors. Replied to with
/// <see cref="Configured"/>.
/// </summary>
sealed record OpenPipeline(string Pipeline) : INoSerializationVerificationNeeded;

/// <summary>
/// A pipeline was placed on this node. Replied to with <see cref="PipelineTaken"/>, after which the node works on it.
/// </summary>
sealed record TakePipeline(string Pipeline) : INoSerializationVerificationNeeded;

/// <summary>The node works on a pipeline.</summary>
sealed record PipelineTaken(string Pipeline) : INoSerializationVerificationNeeded;

/// <summary>
/// A pipeline goes to another node: the node refuses what comes for it, has the outstanding written, replies to whoever
/// waits, and lets go. Replied to with <see cref="PipelineHandedOver"/>.
/// </summary>
sealed record HandOverPipeline(string Pipeline) : INoSerializationVerificationNeeded;

/// <summary>The node has nothing of a pipeline any more.</summary>
sealed record PipelineHandedOver(string Pipeline) : INoSerializationVerificationNeeded;

/// <summary>
/// Asks that a pipeline be let go if it holds nothing here. Replied to with <see cref="PipelineHandedOver"/> in that
/// case, and not at all otherwise.
/// </summary>
sealed record LetGoIfEmpty(string Pipeline) : INoSerializationVerificationNeeded;
