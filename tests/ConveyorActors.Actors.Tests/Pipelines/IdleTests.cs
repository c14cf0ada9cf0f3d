using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Pipelines;

/// <summary>
/// The actor of a stage or source that has nothing to do stops, and comes back when something is for it.
/// </summary>
public class IdleTests() : ConveyorTestKit("conveyor.buffers.idle-after = 100ms")
{
    [Fact]
    public async Task An_idle_actor_stops_and_its_successor_has_the_state_of_the_engine()
    {
        await Offer(Make("r1"));
        await Ask<SignalIs>(new GetSignal(Pipeline, Source));
        await ExpectStopped($"stage-{Stage}");
        await ExpectStopped($"source-{Source}");
        Assert.Equal("r1", (await Ask<Peeked>(new Peek(Pipeline, Stage, 1))).Records.Single().Record.Id);
        Assert.Equal(1, (await Ask<Leased>(new GetBatch(Pipeline, Stage, new BatchRequest(9)))).Batch.Count);
        Assert.False((await Ask<SignalIs>(new GetSignal(Pipeline, Source))).Signal.IsHeld);
    }

    [Fact]
    public async Task An_actor_with_leases_waits_or_subscribers_is_not_removed()
    {
        await Offer(Make("r1"));
        var consumer = CreateTestProbe();
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1)), consumer.Ref);
        var lease = (await consumer.ExpectMsgAsync<Leased>(Patience)).Batch;
        Pipelines.Tell(new GetBatch(Pipeline, "waited", new BatchRequest(1) { Wait = true }), consumer.Ref);
        Pipelines.Tell(new SubscribeSignals(Pipeline, Source, consumer.Ref), consumer.Ref);
        await consumer.ExpectMsgAsync<SignalChanged>(Patience);
        await Ask<Peeked>(new Peek(Pipeline, "idle", 1));
        var staying = new[]
        {
            await Watched($"stage-{Stage}"),
            await Watched("stage-waited"),
            await Watched($"source-{Source}"),
        };
        await ExpectStopped("stage-idle");
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(300));

        // And goes when that is over.
        await Ask<Settled>(new Complete(Pipeline, Stage, lease.Id));
        Sys.Stop(consumer.Ref);
        var gone = new List<IActorRef>();
        for (var i = 0; i < staying.Length; i++)
            gone.Add((await ExpectMsgAsync<Terminated>(Patience)).ActorRef);
        Assert.Equal(staying.ToHashSet(), gone.ToHashSet());
    }

    [Fact]
    public async Task An_expired_lease_does_not_keep_its_stage_open()
    {
        await Offer(Make("r1"));
        var consumer = CreateTestProbe();
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1)), consumer.Ref);
        await consumer.ExpectMsgAsync<Leased>(Patience);
        await Watched($"stage-{Stage}");
        Clock.Advance(TimeSpan.FromMinutes(1));
        await ExpectMsgAsync<Terminated>(Patience);
    }

    async Task<IActorRef> Watched(string name)
    {
        var actor = await Find($"pipelines/{Pipeline}/{name}");
        Watch(actor);
        return actor;
    }

    async Task ExpectStopped(string name)
    {
        var watcher = CreateTestProbe();
        IActorRef actor;
        try
        {
            actor = await Find($"pipelines/{Pipeline}/{name}");
        }
        catch (ActorNotFoundException)
        {
            return;
        } // it was quicker
        watcher.Watch(actor);
        await watcher.ExpectTerminatedAsync(actor, Patience);
    }
}

/// <summary>Actors that stop all the time.</summary>
public class IdleStressTests : ConveyorTestKit
{
    [Fact]
    public async Task Messages_for_an_actor_about_to_stop_are_handled_by_its_successor()
    {
        var asker = CreateTestProbe();
        var stops = 0;
        for (var round = 0; round < 100; round++)
        {
            await Offer(Make("first"));
            await Ask<SignalIs>(new GetSignal(Pipeline, Source));
            var manager = await Find($"pipelines/{Pipeline}");
            var (stage, source) = (
                await Find($"pipelines/{Pipeline}/stage-{Stage}"),
                await Find($"pipelines/{Pipeline}/source-{Source}")
            );
            Watch(stage);
            for (var i = 0; i < 6; i++)
            {
                if (i == 2)
                {
                    manager.Tell(new ChildIsIdle(), stage);
                    manager.Tell(new ChildIsIdle(), source);
                    manager.Tell(new ChildIsIdle(), stage); // said again before it has stopped
                }
                manager.Tell(new BufferForStage(Pipeline, Stage, Source, Make($"r{i}")), asker.Ref);
                manager.Tell(new GetSignal(Pipeline, Source), asker.Ref);
            }
            int offered = 0,
                signals = 0;
            for (var i = 0; i < 12; i++)
            {
                if (await asker.ExpectMsgAsync<IConveyorReply>(Patience) is Offered { Result.IsAccepted: true })
                    offered++;
                else
                    signals++;
            }
            Assert.Equal((6, 6), (offered, signals));
            if ((await ExpectMsgAsync<Terminated>(Patience)).ActorRef.Equals(stage))
                stops++;
        }
        Assert.Equal(100, stops);
        var now = await GetSnapshot();
        Assert.True(now.IsConserved);
        Assert.Equal(700, now.Total.Accepted);
        var order = (await Ask<Peeked>(new Peek(Pipeline, Stage, 7))).Records.Select(r => r.Record.Id);
        Assert.Equal(["first", "r0", "r1", "r2", "r3", "r4", "r5"], order);
    }
}
