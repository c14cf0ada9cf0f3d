using System.Runtime.CompilerServices;

namespace ConveyorActors.Cluster.Joining;

/// <summary>Reports when a node's journal and settings have been compared with those of its cluster.</summary>
public static class ClusterAgreement
{
    static readonly ConditionalWeakTable<ActorSystem, Task> Known = [];

    /// <summary>
    /// Returns a task that completes when the node has joined a cluster with the same journal and settings, or has
    /// started a new cluster; from then on the node takes pipelines. The task never completes on a node that differs,
    /// whose actor system ends.
    /// </summary>
    /// <param name="system">
    /// An actor system with <c>conveyor.cluster.enabled = on</c>, whose buffers have started.
    /// </param>
    /// <exception cref="InvalidOperationException">The buffers have not started, or not in a cluster.</exception>
    public static Task WhenAgreedAsync(ActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return Known.TryGetValue(system, out var agreed)
            ? agreed
            : throw new InvalidOperationException(
                $"Actor system '{system.Name}' has no buffers in a cluster; call ConveyorSystem.Get first, with conveyor.cluster.enabled = on."
            );
    }

    internal static void Set(ActorSystem system, Task agreed) => Known.AddOrUpdate(system, agreed);
}
