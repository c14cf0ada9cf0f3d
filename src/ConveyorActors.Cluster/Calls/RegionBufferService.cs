using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Cluster.Calls;

/// <summary>
/// A buffer service over all pipelines of a cluster. A call goes to the node that has its pipeline; if the pipeline
/// moves, the call is sent to the new node, within its timeout.
/// </summary>
/// <remarks>
/// Safe for use by many threads. Its leases and waits end when it is disposed. Calls under way to a node that died are
/// repeated: each offer has an id, by which the pipeline's journal recognizes an offer that was accepted before. If
/// that cannot be determined, an offer or a flush throws <see cref="ConveyorActors.Actors.BufferServiceException"/> or
/// <see cref="OfferForgottenException"/>, whose message states it. A lease ends when its pipeline moves: settling it
/// has no effect then, and its records are leased again with no retry charged.
/// </remarks>
sealed class RegionBufferService : DelegatingBufferService
{
    readonly ClusterMembers members;
    readonly NodeServices nodes;

    RegionBufferService(
        ClusterMembers members,
        NodeServices nodes,
        RegionCalls calls,
        RegionProducer producer,
        RegionListing listing
    )
        : base(
            producer,
            new RegionConsumer(calls),
            new RegionCheckpoints(calls),
            new RegionInspector(calls, listing),
            new RegionAdministrator(calls)
        ) => (this.members, this.nodes) = (members, nodes);

    /// <summary>Starts a buffer service over a cluster.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="region">The shard region, or its proxy.</param>
    /// <param name="settings">The settings of the actor system.</param>
    /// <param name="agreed">
    /// Completes when this node has the settings of the cluster, with whether pipelines keep their records; no call is
    /// sent before.
    /// </param>
    public static RegionBufferService Start(
        ActorSystem system,
        IActorRef region,
        ConveyorSettings settings,
        Task<bool> agreed
    )
    {
        var timeout = settings.AskTimeout;
        var locator = new PipelineLocator(region, settings.Cluster.LocateInterval, agreed);
        var nodes = new NodeServices(
            system,
            timeout,
            ClusterMembers.GetPath(Akka.Cluster.Cluster.Get(system).SelfAddress)
        );
        var members = new ClusterMembers(
            system,
            settings.Cluster.Role,
            locator.Remove,
            node =>
            {
                nodes.Remove(node);
                locator.Remove(node);
            }
        );
        var calls = new RegionCalls(locator, nodes, timeout, agreed);
        var offers = new RegionOffers(
            calls,
            settings.Wire.GetBatchBytes(system.Settings.Config),
            settings.Wire.MaxMessageBytes
        );
        var listing = new RegionListing(
            () => members.Paths,
            (path, cancellationToken) => nodes.GetService(path).GetPipelinesAsync(cancellationToken).AsTask(),
            timeout,
            TimeProvider.System
        );
        var producer = new RegionProducer(
            calls,
            offers,
            new RegionSignals(locator, nodes, timeout),
            () => agreed.IsCompletedSuccessfully ? agreed.Result : settings.KeepsRecords
        );
        return new(members, nodes, calls, producer, listing);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        members.Dispose();
        await nodes.DisposeAsync().ConfigureAwait(false);
    }
}
