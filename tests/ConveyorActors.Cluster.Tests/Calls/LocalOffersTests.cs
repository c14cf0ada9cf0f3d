using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using ConveyorActors.Actors;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Cluster.Tests.Nodes;

namespace ConveyorActors.Cluster.Tests.Calls;

/// <summary>Offers to pipelines of the node itself, which are made on the caller's thread.</summary>
public class LocalOffersTests
{
    static ConveyorRecord Record(int number) => new(number.ToString(CultureInfo.InvariantCulture), new byte[] { 1 });

    [Fact]
    public async Task An_offer_needs_no_actor_of_its_pipeline()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var (buffers, system) = (cluster[0].Buffers, cluster[0].System);
        await buffers.BufferForStageAsync("p", "s", "a", Record(0), AckLevel.Persisted);
        // The actors above the pipeline read nothing any more.
        var pipelines = await system.ActorSelection("/user/conveyor/pipelines").ResolveOne(Until.Patience);
        ((IInternalActorRef)pipelines).Suspend();
        try
        {
            var offered = await buffers
                .BufferForStageAsync("p", "s", "a", Record(1), AckLevel.Persisted)
                .AsTask()
                .WaitAsync(Until.Patience);
            Assert.Equal(OfferStatus.Accepted, offered.Status);
        }
        finally
        {
            ((IInternalActorRef)pipelines).Resume();
        }
        Assert.Equal(["0", "1"], (await buffers.GetBatchAsync("p", "s", new(10))).Records.Select(r => r.Record.Id));
    }

    [Theory]
    [InlineData("on")]
    [InlineData("off")]
    public async Task Offers_to_pipelines_that_come_and_go_are_kept_in_order(string persistence)
    {
        await using var cluster = await TestCluster.StartAsync(
            1,
            $"conveyor {{ persistence = {persistence}, cluster.passivate-after = 20 ms, buffers.idle-after = 10 ms }}"
        );
        var buffers = cluster[0].Buffers;
        var ackLevel = persistence == "on" ? AckLevel.Persisted : AckLevel.Buffered;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(n => Task.Run(() => GoThroughAsync($"p{n}"))));

        async Task GoThroughAsync(string pipeline)
        {
            var random = new Random(pipeline[1]);
            var (next, expected) = (0, 0);
            for (var round = 0; round < 15; round++)
            {
                var offers = Enumerable
                    .Range(0, 20)
                    .Select(_ => buffers.BufferForStageAsync(pipeline, "s", "a", Record(next++), ackLevel).AsTask())
                    .ToArray();
                foreach (var offered in await Task.WhenAll(offers).WaitAsync(Until.Patience))
                    Assert.Equal(OfferStatus.Accepted, offered.Status);
                while (expected < next)
                {
                    var batch = await buffers
                        .GetBatchAsync(pipeline, "s", new(100) { Wait = true })
                        .AsTask()
                        .WaitAsync(Until.Patience);
                    foreach (var record in batch.Records)
                        Assert.Equal($"{expected++}", record.Record.Id);
                    Assert.True((await buffers.CompleteAsync(pipeline, "s", batch.Id)).IsOk);
                }
                await Task.Delay(random.Next(60)); // now and then long enough for the pipeline to be removed
            }
        }
    }

    [Fact]
    public async Task An_offer_that_waits_ends_when_the_port_is_disposed()
    {
        await using var cluster = await TestCluster.StartAsync(
            1,
            "conveyor.buffers { max-per-source = 1, stage.full-mode = wait }"
        );
        var buffers = cluster[0].Buffers;
        Assert.Equal(OfferStatus.Accepted, (await buffers.BufferForStageAsync("p", "s", "a", Record(0))).Status);
        var waiting = buffers.BufferForStageAsync("p", "s", "a", Record(1)).AsTask();
        Assert.False(waiting.IsCompleted);
        await buffers.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => waiting.WaitAsync(Until.Patience));
        Assert.False(waiting.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_wait_for_room_can_be_cancelled()
    {
        await using var cluster = await TestCluster.StartAsync(
            1,
            "conveyor.buffers { max-per-source = 1, stage.full-mode = wait }"
        );
        var buffers = cluster[0].Buffers;
        await buffers.BufferForStageAsync("p", "s", "a", Record(0));
        using var ending = new CancellationTokenSource();
        var waiting = buffers.BufferForStageAsync("p", "s", "a", Record(1), cancellationToken: ending.Token).AsTask();
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Until.Patience));
        Assert.Equal(1, (await buffers.GetSnapshotAsync("p")).Total.Pending);
    }

    [Fact]
    public async Task An_invalid_offer_fails_in_the_same_way_as_through_the_actors()
    {
        await using var cluster = await TestCluster.StartAsync(1, "conveyor.persistence = off");
        var buffers = cluster[0].Buffers;
        await buffers.BufferForStageAsync("p", "s", "a", Record(0));
        var direct = await Assert.ThrowsAsync<StoreException>(async () =>
            await buffers.BufferForStageAsync("p", "s", "a", Record(1), AckLevel.Persisted)
        );
        await using var local = new ConveyorActors.Actors.Service.ActorBufferService(
            cluster[0].System,
            cluster[0].Conveyor.Pipelines
        );
        var through = await Assert.ThrowsAsync<StoreException>(async () =>
            await local.BufferForStageAsync("p", "s", "a", Record(1), AckLevel.Persisted)
        );
        Assert.Equal(through.Message, direct.Message);
    }

    [Fact]
    public async Task A_span_describes_the_offer()
    {
        var spans = new System.Collections.Concurrent.ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "ConveyorActors",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        await using var cluster = await TestCluster.StartAsync(1);
        ActivitySource.AddActivityListener(listener);
        await cluster[0].Buffers.BufferForStageAsync("spanned", "s", "a", Record(0));
        var span = Assert.Single(
            spans,
            s => s.OperationName == "conveyor.offer" && Equals(s.GetTagItem("conveyor.pipeline"), "spanned")
        );
        Assert.Equal("Accepted", span.GetTagItem("conveyor.status"));
    }
}
