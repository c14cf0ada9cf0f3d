namespace ConveyorActors.AkkaHosting;

/// <summary>
/// Stands for the actor that takes <c>Enqueue</c> and <c>EnqueueBatch</c>:
/// <c>IRequiredActor&lt;ConveyorBuffers&gt;</c>, or a key of the actor registry.
/// </summary>
public sealed class ConveyorBuffers
{
    ConveyorBuffers() { }
}

/// <summary>
/// Stands for the actor that takes every other command: <c>IRequiredActor&lt;ConveyorPipelines&gt;</c>, or a key of the
/// actor registry.
/// </summary>
public sealed class ConveyorPipelines
{
    ConveyorPipelines() { }
}
