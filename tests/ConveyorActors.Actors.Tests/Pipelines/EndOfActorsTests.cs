using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Pipelines;

/// <summary>
/// Somebody stops an actor by hand. That is no way to stop a pipeline: its records leases and waits stay.
/// </summary>
public class EndOfActorsTests : ConveyorTestKit
{
    [Fact]
    public async Task A_wait_at_a_stopped_stage_is_served_by_its_successor()
    {
        var consumer = CreateTestProbe();
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1) { Wait = true }), consumer.Ref);
        await Eventually(s => s.Stages.SingleOrDefault()?.WaitingConsumers == 1);
        (await Find($"pipelines/{Pipeline}/stage-{Stage}")).Tell(PoisonPill.Instance);
        await Offer(Make("r1"));
        Assert.Equal("r1", (await consumer.ExpectMsgAsync<Leased>(Patience)).Batch.Records.Single().Record.Id);
        await Eventually(s => s.Stages.Single().WaitingConsumers == 0);
    }

    [Fact]
    public async Task Leases_of_a_stopped_stage_are_still_returned_when_their_consumer_dies()
    {
        await Configure(new() { Stage = new() { Backoff = BackoffSettings.None } });
        await Offer(Make("r1"));
        var consumer = CreateTestProbe();
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1)), consumer.Ref);
        await consumer.ExpectMsgAsync<Leased>(Patience);
        await Stop($"pipelines/{Pipeline}/stage-{Stage}");
        Sys.Stop(consumer.Ref); // nobody has asked anything of the stage since
        await Eventually(s => s.Total is { InFlight: 0, Buffered: 1 });
    }

    [Fact]
    public async Task Subscribers_of_a_stopped_source_are_still_notified()
    {
        await Configure(new() { MaxPerStage = 1 });
        var listener = CreateTestProbe();
        Pipelines.Tell(new SubscribeSignals(Pipeline, Source, listener.Ref), listener.Ref);
        await listener.ExpectMsgAsync<SignalChanged>(Patience);
        await Stop($"pipelines/{Pipeline}/source-{Source}");
        await Offer(Make("r1"));
        // The successor may say the signal of before again.
        await listener.FishForMessageAsync<SignalChanged>(m => m.Signal == BackpressureSignal.Pause, Patience);
    }

    [Fact]
    public async Task A_stopped_manager_restarts_with_its_records_and_its_children()
    {
        await Offer(MakeMany("r", 2));
        await Ask<SignalIs>(new GetSignal(Pipeline, Source));
        var consumer = CreateTestProbe();
        Pipelines.Tell(new GetBatch(Pipeline, "other", new BatchRequest(1) { Wait = true }), consumer.Ref);
        await Eventually(s => s.Stages.Any(x => x.WaitingConsumers == 1));
        await Stop($"pipelines/{Pipeline}");
        Pipelines.Tell(new BufferForStage(Pipeline, "other", Source, Make("o1")), consumer.Ref);
        await consumer.FishForMessageAsync(m => m is Leased { Batch.Count: 1 }, Patience);
        await AwaitAssertAsync(async () => Assert.Equal([Pipeline], await Service.GetPipelinesAsync()), Patience);
        Assert.Equal(["r1", "r2"], (await Ask<Peeked>(new Peek(Pipeline, Stage, 9))).Records.Select(r => r.Record.Id));
        Assert.False((await Ask<SignalIs>(new GetSignal(Pipeline, Source))).Signal.IsHeld);
        Assert.True((await Offer(Make("r3"))).Status == OfferStatus.Accepted);
        Assert.Equal(4, (await Conveyor.StopAsync(TimeSpan.Zero)).Remaining);
    }

    [Fact]
    public async Task An_actor_that_cannot_be_created_is_tried_once()
    {
        var attempts = 0;
        Action fail = () =>
        {
            Interlocked.Increment(ref attempts);
            throw new InvalidOperationException("no memory for it");
        };
        var parent = Sys.ActorOf(Props.Create(() => new Host(fail)));
        parent.Tell("hire", TestActor);
        await ExpectMsgAsync("gone", Patience);
        parent.Tell("hire", TestActor);
        await ExpectMsgAsync("gone", Patience);
        Assert.Equal(2, Volatile.Read(ref attempts));
    }

    async Task Stop(string path)
    {
        var actor = await Find(path);
        actor.Tell(PoisonPill.Instance);
        await ExpectTerminated(actor);
    }

    sealed class Host(Action failing) : UntypedActor
    {
        IActorRef asker = ActorRefs.Nobody;

        protected override SupervisorStrategy SupervisorStrategy() => Supervision.RestartAlways;

        protected override void OnReceive(object message)
        {
            if (message is Terminated)
                asker.Tell("gone");
            else
            {
                asker = Sender;
                Context.Watch(Context.ActorOf(Props.Create(() => new Unmakeable(failing))));
            }
        }
    }

    sealed class Unmakeable : UntypedActor
    {
        public Unmakeable(Action failing) => failing();

        protected override void OnReceive(object message) { }
    }
}
