using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using static ConveyorActors.Actors.Tests.Pipelines.FlakyEngine;

namespace ConveyorActors.Actors.Tests.Pipelines;

/// <summary>An engine that fails at the worst moments.</summary>
public class FlakyEngineTests : ConveyorTestKit
{
    readonly Plan plan;

    public FlakyEngineTests()
        : this(new()) { }

    FlakyEngineTests(Plan plan)
        : base(around: engine => Around(engine, (method, args) => plan.Ask(method, args))) => this.plan = plan;

    sealed class Plan
    {
        public volatile Func<string, object?[], Fails> Ask = (_, _) => Fails.Not;
    }

    [Theory]
    [InlineData(Fails.AtOnce)]
    [InlineData(Fails.Later)]
    public async Task Leases_of_a_dead_consumer_that_cannot_be_returned_expire_at_their_deadlines(Fails how)
    {
        await Configure(
            new()
            {
                Stage = new() { LeaseOrder = LeaseOrder.Shared, Backoff = BackoffSettings.None },
            }
        );
        await Offer(MakeMany("r", 3));
        var consumer = CreateTestProbe();
        for (var i = 0; i < 3; i++)
        {
            Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1)), consumer.Ref);
            await consumer.ExpectMsgAsync<Leased>(Patience);
        }
        Pipelines.Tell(new GetBatch(Pipeline, "other", new BatchRequest(1) { Wait = true }), consumer.Ref);
        Pipelines.Tell(new BufferForStage(Pipeline, Stage, "s", Make("x")), TestActor);
        await ExpectMsgAsync<Offered>(Patience);
        plan.Ask = (method, _) => method == nameof(IBufferService.AbandonAsync) ? how : Fails.Not;
        Sys.Stop(consumer.Ref);
        await Eventually(s => s.Total.InFlight == 3 && s.Stages.All(x => x.WaitingConsumers == 0));
        Clock.Advance(TimeSpan.FromMinutes(1));
        await Eventually(s => s.Total.InFlight == 0);
    }

    [Fact]
    public async Task Subscribers_are_notified_again_after_a_failure_of_the_engine_subscription()
    {
        await Configure(new() { MaxPerStage = 1 });
        var failures = 0;
        plan.Ask = (method, _) =>
            method == nameof(IBufferService.SubscribeSignalsAsync) && Interlocked.Increment(ref failures) <= 2
                ? Fails.AtOnce
                : Fails.Not;
        var listener = CreateTestProbe();
        Pipelines.Tell(new SubscribeSignals(Pipeline, Source, listener.Ref), listener.Ref);
        Assert.Equal(BackpressureSignal.None, (await listener.ExpectMsgAsync<SignalChanged>(Patience)).Signal);
        Assert.Equal(3, failures);
        await Offer(Make("r1"));
        Assert.Equal(BackpressureSignal.Pause, (await listener.ExpectMsgAsync<SignalChanged>(Patience)).Signal);
    }

    [Fact]
    public async Task Every_exception_class_counts_as_a_crash()
    {
        plan.Ask = (method, _) =>
            method == nameof(IBufferService.PeekAsync) ? throw new InvalidOperationException("a bug") : Fails.Not;
        await Offer(Make("r1"));
        Assert.Equal(Problem.Crashed, (await Ask<Failed>(new Peek(Pipeline, Stage, 1))).Problem);
        var thrown = await Assert.ThrowsAsync<BufferServiceException>(() =>
            Service.PeekAsync(Pipeline, Stage, 1).AsTask()
        );
        Assert.Contains("a bug", thrown.Message);
    }

    [Theory]
    [InlineData(Fails.AtOnce)]
    [InlineData(Fails.Later)]
    public async Task A_wait_that_fails_gets_a_reply_and_ends(Fails how)
    {
        var wait = Guid.NewGuid();
        plan.Ask = (method, _) => method == nameof(IBufferService.GetBatchAsync) ? how : Fails.Not;
        Assert.Equal(
            Problem.Crashed,
            (
                await Ask<Failed>(new GetBatch(Pipeline, Stage, new BatchRequest(1) { Wait = true }) { Wait = wait })
            ).Problem
        );
        plan.Ask = (_, _) => Fails.Not;
        await Offer(Make("r1")); // the name of the wait is free again
        Assert.Equal(
            1,
            (await Ask<Leased>(new GetBatch(Pipeline, Stage, new BatchRequest(1) { Wait = true }) { Wait = wait }))
                .Batch
                .Count
        );
    }
}
