namespace ConveyorActors.AkkaHosting;

/// <summary>
/// Identifies the actor that receives <c>Enqueue</c> and <c>EnqueueBatch</c>: for
/// <c>IRequiredActor&lt;ConveyorBuffers&gt;</c>, or as a key of the actor registry.
/// </summary>
public sealed class ConveyorBuffers
{
    ConveyorBuffers() { }
}

/// <summary>
/// Identifies the actor that receives every other command: for <c>IRequiredActor&lt;ConveyorPipelines&gt;</c>, or as a
/// key of the actor registry.
/// </summary>
public sealed class ConveyorPipelines
{
    ConveyorPipelines() { }
}
