using ConveyorActors.Cluster;

namespace ConveyorActors.Node.Clients;

/// <summary>
/// Completes a task when the cluster no longer has nodes with pipelines, so that a program that uses pipelines does
/// not wait forever.
/// </summary>
sealed class NodesGoneListener(TaskCompletionSource gone) : UntypedActor
{
    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(PipelineNodesGone));

    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        if (message is PipelineNodesGone)
            gone.TrySetResult();
    }
}
