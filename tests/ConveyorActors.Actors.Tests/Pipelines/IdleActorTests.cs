using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Pipelines;

/// <summary>
/// An actor that is asked to leave because it seemed idle, and is not any more: whoever came in between is not
/// forgotten.
/// </summary>
public class IdleActorTests : ConveyorTestKit
{
    [Fact]
    public async Task A_consumer_that_began_to_wait_in_between_is_still_served()
    {
        var consumer = CreateTestProbe();
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1) { Wait = true }), consumer.Ref);
        await Eventually(s => s.Stages.SingleOrDefault()?.WaitingConsumers == 1);
        await SayIdle($"stage-{Stage}");
        await Offer(Make("r1"));
        Assert.Equal(1, (await consumer.ExpectMsgAsync<Leased>(Patience)).Batch.Count);
    }

    [Fact]
    public async Task A_lease_given_in_between_is_still_returned_when_its_consumer_dies()
    {
        await Offer(Make("r1"));
        var consumer = CreateTestProbe();
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1)), consumer.Ref);
        await consumer.ExpectMsgAsync<Leased>(Patience);
        await SayIdle($"stage-{Stage}");
        Sys.Stop(consumer.Ref);
        await Eventually(s => s.Total.InFlight == 0);
    }

    [Fact]
    public async Task A_subscriber_added_in_between_is_still_notified()
    {
        await Configure(new() { MaxPerStage = 1 });
        var listener = CreateTestProbe();
        Pipelines.Tell(new SubscribeSignals(Pipeline, Source, listener.Ref), listener.Ref);
        await listener.ExpectMsgAsync<SignalChanged>(Patience);
        await SayIdle($"source-{Source}");
        await Offer(Make("r1"));
        Assert.Equal(BackpressureSignal.Pause, (await listener.ExpectMsgAsync<SignalChanged>(Patience)).Signal);
    }

    [Fact]
    public async Task Messages_kept_for_a_successor_reach_the_remaining_actor_in_order()
    {
        var consumer = CreateTestProbe();
        // it has a reason to stay
        Pipelines.Tell(new GetBatch(Pipeline, "other", new BatchRequest(1) { Wait = true }), consumer.Ref);
        Pipelines.Tell(new Peek(Pipeline, "other", 1), consumer.Ref);
        await consumer.ExpectMsgAsync<Peeked>(Patience);
        var (manager, stage) = (await Find($"pipelines/{Pipeline}"), await Find($"pipelines/{Pipeline}/stage-other"));
        var (asker, offered) = (CreateTestProbe(), 0);
        for (var round = 0; round < 200; round++)
        {
            manager.Tell(new ChildIsIdle(), stage);
            for (var i = 0; i < 3; i++)
                manager.Tell(new BufferForStage(Pipeline, "other", Source, Make($"{offered++}")), asker.Ref);
        }
        for (var i = 0; i < offered; i++)
            Assert.True((await asker.ExpectMsgAsync<Offered>(Patience)).Result.IsAccepted);
        Assert.Equal("0", (await consumer.ExpectMsgAsync<Leased>(Patience)).Batch.Records.Single().Record.Id);
        var rest = (await Ask<Peeked>(new Peek(Pipeline, "other", offered))).Records.Select(r => r.Record.Id);
        Assert.Equal(Enumerable.Range(1, offered - 1).Select(i => $"{i}"), rest);
        Assert.Equal(stage, await Find($"pipelines/{Pipeline}/stage-other"));
    }

    [Fact]
    public async Task Idle_after_may_be_ten_years()
    {
        var source = Sys.ActorOf(
            SourceBufferActor.Props(
                new PipelineContext(Pipeline, new EmbeddedBufferService(), Clock, TimeSpan.FromDays(3650)),
                Source
            )
        );
        source.Tell(new GetSignal(Pipeline, Source), TestActor);
        await ExpectMsgAsync<SignalIs>(Patience);
    }

    async Task SayIdle(string child)
    {
        var (manager, actor) = (await Find($"pipelines/{Pipeline}"), await Find($"pipelines/{Pipeline}/{child}"));
        manager.Tell(new ChildIsIdle(), actor);
    }
}

/// <summary>The same, with actors that really look whether they are idle, as often as they can.</summary>
public class IdleActorStressTests() : ConveyorTestKit("conveyor.buffers.idle-after = 1ms")
{
    [Fact]
    public async Task No_wait_is_lost_while_actors_stop_continually()
    {
        for (var round = 0; round < 1_000; round++)
        {
            var waits = Service.GetBatchAsync(Pipeline, Stage, new BatchRequest(1) { Wait = true }).AsTask();
            if (round % 3 == 0)
                await Task.Yield();
            await Offer(Make("r"));
            var batch = await waits.WaitAsync(Patience);
            Assert.True((await Service.CompleteAsync(Pipeline, Stage, batch.Id)).IsOk);
        }
        var now = await GetSnapshot();
        Assert.True(now.IsConserved);
        Assert.Equal((1_000, 0), (now.Total.Completed, now.Total.Pending));
    }
}
