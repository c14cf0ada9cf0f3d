namespace ConveyorActors.Actors.Protocol;

/// <summary>
/// A command for this node alone. If the node does not have the pipeline, it replies with
/// <see cref="Problem.Elsewhere"/> instead of passing the command on.
/// </summary>
sealed record LocalOnly(IPipelineCommand Command) : INoSerializationVerificationNeeded;

/// <summary>
/// Opens a pipeline of this node, so that offers to it can bypass the actors. The reply is <see cref="Configured"/>.
/// </summary>
sealed record OpenPipeline(string Pipeline) : INoSerializationVerificationNeeded;

/// <summary>
/// Places a pipeline on this node. The reply is <see cref="PipelineTaken"/>; from then on the node works on the
/// pipeline.
/// </summary>
sealed record TakePipeline(string Pipeline) : INoSerializationVerificationNeeded;

/// <summary>The reply to <see cref="TakePipeline"/>: the node works on the pipeline.</summary>
sealed record PipelineTaken(string Pipeline) : INoSerializationVerificationNeeded;

/// <summary>
/// Removes a pipeline that goes to another node: this node refuses new commands for it, writes its outstanding changes,
/// replies to all waiting senders, and releases it. The reply is <see cref="PipelineHandedOver"/>.
/// </summary>
sealed record HandOverPipeline(string Pipeline) : INoSerializationVerificationNeeded;

/// <summary>The reply to <see cref="HandOverPipeline"/>: the node no longer has any state of the pipeline.</summary>
sealed record PipelineHandedOver(string Pipeline) : INoSerializationVerificationNeeded;

/// <summary>
/// Asks to release a pipeline if it holds nothing here. The reply is <see cref="PipelineHandedOver"/> in that case;
/// otherwise there is none.
/// </summary>
sealed record ReleaseIfEmpty(string Pipeline) : INoSerializationVerificationNeeded;
