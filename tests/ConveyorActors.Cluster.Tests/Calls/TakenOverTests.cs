using Akka.Actor;
using ConveyorActors.Actors;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Cluster.Tests.Nodes;
using ConveyorActors.Persistence;

namespace ConveyorActors.Cluster.Tests.Calls;

/// <summary>
/// A node that was suspended still believes that it has a pipeline which another process has taken over. Here the other
/// process is a second opener of the same journal.
/// </summary>
public sealed class TakenOverTests
{
    const string Pipeline = "orders",
        Stage = "s",
        Source = "a";

    static readonly ConveyorRecord Record = new("1", new byte[] { 1 });

    /// <summary>
    /// The node opens the pipeline again on a call after <c>conveyor.journal.reopen-after</c>; until then nothing is
    /// done to it, so a call is sent again.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Calls_to_a_pipeline_that_another_process_took_over_are_repeated(bool isCallerOnItsNode)
    {
        await using var cluster = await TestCluster.StartAsync(2);
        await cluster[0].Buffers.BufferForStageAsync(Pipeline, Stage, Source, Record, AckLevel.Persisted);
        var owner = cluster.OwnerOf(Pipeline)!;
        var caller = (isCallerOnItsNode ? owner : cluster.Nodes.Single(n => n != owner)).Buffers;

        await TakeOverAsync(owner);
        Assert.Equal(
            OfferStatus.Accepted,
            (
                await caller
                    .BufferForStageAsync(Pipeline, Stage, Source, Record with { Id = "2" }, AckLevel.Persisted)
                    .AsTask()
                    .WaitAsync(Until.Patience)
            ).Status
        );
        await TakeOverAsync(owner);
        var batch = await caller
            .GetBatchAsync(Pipeline, Stage, new BatchRequest(10) { Wait = true })
            .AsTask()
            .WaitAsync(Until.Patience);
        Assert.Equal(["1", "2"], batch.Records.Select(r => r.Record.Id));
        Assert.True((await caller.CompleteAsync(Pipeline, Stage, batch.Id)).IsOk);
        Assert.True((await caller.GetSnapshotAsync(Pipeline)).Total.RecordsAreConserved);
    }

    /// <summary>Takes the pipeline over as another node would, writes to it, and leaves it.</summary>
    static async Task TakeOverAsync(ClusterNode owner)
    {
        var storage = new JournalStorageProvider().Create((ExtendedActorSystem)owner.System, owner.Conveyor.Settings);
        await using var other = storage.Open(
            Pipeline,
            stores => new EmbeddedBufferService(TimeProvider.System, stores)
        );
        await Until.TrueAsync(async () =>
            (await other.BufferForStageAsync(Pipeline, "other", Source, Record, AckLevel.Persisted)).Consumed == 1
        );
    }
}
