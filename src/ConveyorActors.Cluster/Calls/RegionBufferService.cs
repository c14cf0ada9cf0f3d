using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Cluster.Calls;

/// <summary>
/// The port over all pipelines of a cluster. A call goes to the node that has its pipeline; when the pipeline moves, the call is sent to the new node, within its timeout.
/// </summary>
/// <remarks>
/// Safe for use by many threads. Its leases and waits end when it is disposed. Calls under way to a node that died
/// are repeated: each offer has an id, by which the pipeline's journal knows whether it was accepted. Where that cannot be known, an offer or a flush throws
/// <see cref="ConveyorActors.Actors.BufferServiceException"/> or <see cref="OfferForgottenException"/>, which say so. A lease ends with the
/// move of its pipeline: settling it changes nothing then, and its records are leased again with no retry charged.
/// </remarks>
sealed partial class RegionBufferService : IBufferService
{
    readonly ClusterMembers members;
    readonly NodeServices nodes;
    readonly RegionCalls calls;
    readonly RegionOffers offers;
    readonly RegionSignals signals;
    readonly RegionListing listing;

    public RegionBufferService(ActorSystem system, IActorRef region, string? role, TimeSpan askTimeout, TimeSpan locateInterval, WireSettings wire, bool isDurable)
    {
        var locator = new PipelineLocator(region, locateInterval);
        nodes = new(system, askTimeout, ClusterMembers.PathOf(Akka.Cluster.Cluster.Get(system).SelfAddress));
        members = new(system, role, locator.Remove, node =>
        {
            nodes.Remove(node);
            locator.Remove(node);
        });
        calls = new(locator, nodes, askTimeout);
        offers = new(calls, wire.BatchBytes(system.Settings.Config), wire.MaxMessageBytes, isDurable);
        signals = new(locator, nodes, askTimeout);
        listing = new(() => members.Paths, (path, cancellation) => nodes.Of(path).PipelinesAsync(cancellation).AsTask(), askTimeout, TimeProvider.System);
        IsDurable = isDurable;
    }

    /// <inheritdoc/>
    public bool IsDurable { get; }

    /// <inheritdoc/>
    public IAsyncEnumerable<BackpressureSignal> SubscribeSignalsAsync(string pipeline, string source, CancellationToken cancellation = default) =>
        signals.ReadAsync(Names.Checked(pipeline, nameof(pipeline)), Names.Checked(source, nameof(source)), cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> PipelinesAsync(CancellationToken cancellation = default) => new(listing.ListAsync(cancellation));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        members.Dispose();
        await nodes.DisposeAsync().ConfigureAwait(false);
    }
}
