using ConveyorActors.Actors;
using ConveyorActors.Cluster.Calls;
using ConveyorActors.Cluster.Tests.Nodes;
using ConveyorActors.Testing.Contracts;

namespace ConveyorActors.Cluster.Tests.Calls;

/// <summary>
/// The port over a shard region keeps the contract that every implementation keeps; its pipelines are on the caller's
/// own node, with their records in a journal.
/// </summary>
public sealed class RegionContractTests(ClusterOfAll cluster) : BufferServiceContract, IClassFixture<ClusterOfAll>
{
    // It starts again with its records: A_stopped_pipeline_reopens_with_its_records_when_it_is_configured.
    protected override bool StartsAgain => false;

    protected override int MostSignalsSeenLate => 1 + 2 * 401; // all there are: messages may still be on their way

    protected override ValueTask<IBufferService> CreateAsync(TimeProvider clock) => new(cluster.CreateService(clock));
}

/// <summary>
/// A cluster of one node for all tests of the contract: each has a port, a clock and pipelines of its own.
/// </summary>
public sealed class ClusterOfAll : IAsyncLifetime
{
    const string InMemory = """
        akka.persistence.journal.plugin = "akka.persistence.journal.inmem"
        akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
        conveyor.ask-timeout = 10 s
        """;

    readonly ClockOfNow clock = new();
    ClusterNode node = null!;

    public async Task InitializeAsync()
    {
        node = new(InMemory, new ConveyorSetup { Clock = clock });
        await node.JoinAsync(node);
    }

    /// <summary>Creates a port. Pipelines that are created from now on have the given clock.</summary>
    internal RegionBufferService CreateService(TimeProvider now)
    {
        clock.Now = now;
        var region = Akka.Cluster.Sharding.ClusterSharding.Get(node.System).ShardRegion(ClusterPlacement.TypeName);
        return RegionBufferService.Start(node.System, region, node.Conveyor.Settings, Task.FromResult(true));
    }

    public Task DisposeAsync() => node.DisposeAsync().AsTask();

    /// <summary>The clock of the present test.</summary>
    sealed class ClockOfNow : TimeProvider
    {
        public TimeProvider Now { get; set; } = System;

        public override DateTimeOffset GetUtcNow() => Now.GetUtcNow();

        public override long GetTimestamp() => Now.GetTimestamp();

        public override long TimestampFrequency => Now.TimestampFrequency;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            Now.CreateTimer(callback, state, dueTime, period);
    }
}
