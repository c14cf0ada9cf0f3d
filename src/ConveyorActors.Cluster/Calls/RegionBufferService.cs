using ConveyorActors.Actors.Service;

namespace ConveyorActors.Cluster.Calls;

/// <summary>
/// The port over all pipelines of a cluster. A call goes to the node that has its pipeline; when the pipeline moves, the call is sent to the new node, within its timeout.
/// </summary>
/// <remarks>
/// Safe for use by many threads. Its leases and waits end when it is disposed. An offer under way to a node that died throws
/// <see cref="ConveyorActors.Actors.BufferServiceException"/>: whether it was accepted is not known. All other calls are repeated by the service. A lease ends with the
/// move of its pipeline: settling it changes nothing then, and its records are leased again with no retry charged.
/// </remarks>
sealed partial class RegionBufferService : IBufferService
{
    readonly ClusterMembers members;
    readonly NodeServices nodes;
    readonly RegionCalls calls;
    readonly RegionSignals signals;

    public RegionBufferService(ActorSystem system, IActorRef region, string? role, TimeSpan askTimeout, TimeSpan locateInterval, bool isDurable)
    {
        var locator = new PipelineLocator(region, locateInterval);
        nodes = new(system, askTimeout);
        members = new(system, role, locator.Remove, node =>
        {
            nodes.Remove(node);
            locator.Remove(node);
        });
        calls = new(locator, nodes, askTimeout);
        signals = new(locator, nodes, askTimeout);
        IsDurable = isDurable;
    }

    /// <inheritdoc/>
    public bool IsDurable { get; }

    /// <inheritdoc/>
    public IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        signals.ReadAsync(Names.Checked(pipeline, nameof(pipeline)), Names.Checked(source, nameof(source)), cancellation);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> PipelinesAsync(CancellationToken cancellation = default)
    {
        var asked = await Task.WhenAll(members.Paths.Select(async path =>
        {
            try
            {
                return await nodes.Of(path).PipelinesAsync(cancellation).ConfigureAwait(false);
            }
            catch (Exception) when (!cancellation.IsCancellationRequested && !members.Paths.Contains(path))
            {
                return []; // it has left meanwhile
            }
        })).ConfigureAwait(false);
        return [.. asked.SelectMany(names => names).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        members.Dispose();
        await nodes.DisposeAsync().ConfigureAwait(false);
    }
}
