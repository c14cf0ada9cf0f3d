using System.Collections.Concurrent;
using ConveyorActors.Actors;
using ConveyorActors.Actors.Service;

namespace ConveyorActors.Cluster.Calls;

/// <summary>A port's links to the nodes of a cluster, each opened with the first call to its node.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class NodeServices(ActorSystem system, TimeSpan askTimeout, string selfPath) : IAsyncDisposable
{
    readonly ConcurrentDictionary<string, NodeLink> byPath = new(StringComparer.Ordinal);
    readonly NodeLink here = new(() => ConveyorSystem.Get(system).CreateServiceForHere());
    volatile bool isDisposed;

    /// <summary>
    /// Returns the port to one node's pipelines. Calls to this node go directly to its actors, without a link.
    /// </summary>
    public ActorBufferService GetService(string path)
    {
        if (path != selfPath)
            return LinkTo(path);
        return here.Begin() ?? throw new ObjectDisposedException(typeof(RegionBufferService).FullName);
    }

    /// <summary>
    /// Returns the port to one node's pipelines over a link, also for this node: the signals of a link end when the
    /// pipeline moves.
    /// </summary>
    public ActorBufferService LinkTo(string path)
    {
        while (true)
        {
            var link = byPath.GetOrAdd(
                path,
                static (p, self) => new(() => ActorBufferService.ForPath(self.System, p, self.Timeout)),
                (System: system, Timeout: askTimeout)
            );
            // Checked after the link was added: a disposal from here on finds the link and ends it.
            ObjectDisposedException.ThrowIf(isDisposed, typeof(RegionBufferService));
            if (link.Begin() is { } service)
                return service;
        }
    }

    /// <summary>
    /// Returns whether a port is the current one to its node: the node has not left, and the port was not disposed.
    /// </summary>
    public bool IsCurrent(string path, ActorBufferService service) =>
        isDisposed || byPath.TryGetValue(path, out var known) && known.Is(service);

    /// <summary>Ends the link and the calls to a node that has left or was declared dead.</summary>
    public void Remove(Address node)
    {
        var prefix = $"{node}/";
        foreach (var path in byPath.Keys)
            if (path.StartsWith(prefix, StringComparison.Ordinal) && byPath.TryRemove(path, out var link))
                _ = link.EndAsync().AsTask();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        isDisposed = true;
        await here.EndAsync().ConfigureAwait(false);
        foreach (var (path, _) in byPath)
            if (byPath.TryRemove(path, out var link))
                await link.EndAsync().ConfigureAwait(false);
    }
}
