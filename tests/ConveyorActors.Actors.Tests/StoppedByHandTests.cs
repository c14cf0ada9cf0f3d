using Akka.Event;
using ConveyorActors.Actors.Enqueuing;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests;

/// <summary>
/// Somebody stops one of our actors: it is there again with all that it held and was sent, and a warning says so.
/// </summary>
public class StoppedByHandTests() : ConveyorTestKit("conveyor.buffer-actors { count = 2, batch-age = 5 ms }")
{
    static readonly BufferTarget Target = new(Pipeline, Stage, Source);

    public static TheoryData<string> EveryActor() =>
        [
            "service",
            "pipelines",
            "commands",
            "buffers",
            "writer-0",
            "core-0",
            "core-1",
            $"pipelines/{Pipeline}",
            $"pipelines/{Pipeline}/stage-{Stage}",
            $"pipelines/{Pipeline}/source-{Source}",
        ];

    [Theory]
    [MemberData(nameof(EveryActor))]
    public async Task Work_continues_when_any_actor_is_stopped(string path)
    {
        await Service.GetSignalAsync(Pipeline, Source);
        var waits = Service.GetBatchAsync(Pipeline, "other", new BatchRequest(1) { Wait = true }).AsTask();
        var listener = CreateTestProbe();
        Pipelines.Tell(new SubscribeSignals(Pipeline, Source, listener.Ref), listener.Ref);
        await listener.ExpectMsgAsync<SignalChanged>(Patience);
        Assert.True((await Conveyor.Buffers.Ask<EnqueueResult>(new Enqueue(Target, Make("0")), Patience)).IsAccepted);
        for (var round = 1; round <= 3; round++)
        {
            var actor = await Find(path);
            if (round == 1)
                actor.Tell(PoisonPill.Instance);
            else if (round == 2)
                Sys.Stop(actor);
            else
                await actor.GracefulStop(Patience);
            foreach (var door in (IActorRef[])[Conveyor.Buffers, Conveyor.CreateWriter(), Conveyor.CreateWriter()])
                Assert.True(
                    (await door.Ask<EnqueueResult>(new Enqueue(Target, Make($"{round}")), Patience)).IsAccepted
                );
            if (round < 3)
                await ExpectTerminated(actor);
            Assert.Equal(1 + 3 * round, (await Service.PeekAsync(Pipeline, Stage, 100)).Count);
        }
        Assert.NotNull(await Find(path));
        await Service.BufferForStageAsync(Pipeline, "other", Source, Make("o"));
        Assert.Equal(1, (await waits.WaitAsync(Patience)).Count);
        Assert.True((await GetSnapshot()).IsConserved);
        Assert.All(Conveyor.BufferActors, c => Assert.Equal((0, 0), (c.Depth, c.Lost)));
    }

    [Fact]
    public async Task The_service_continues_when_its_actor_is_stopped()
    {
        await Configure(new() { MaxPerStage = 2 });
        await Offer(Make("r1"));
        var lease = await Service.GetBatchAsync(Pipeline, Stage, new BatchRequest(1));
        var waits = Service.GetBatchAsync(Pipeline, "other", new BatchRequest(1) { Wait = true }).AsTask();
        await using var signals = Service.SubscribeSignalsAsync(Pipeline, Source).GetAsyncEnumerator();
        Assert.True(await signals.MoveNextAsync().AsTask().WaitAsync(Patience));
        var reader = ((ActorRefWithCell)await Find("service")).Children.Single();
        await reader.GracefulStop(Patience);
        await (await Find("service")).GracefulStop(Patience);
        Assert.True((await Service.CompleteAsync(Pipeline, Stage, lease.Id)).IsOk);
        await Ask<Offered>(new BufferForStage(Pipeline, "other", Source, Make("x")));
        Assert.Equal(1, (await waits.WaitAsync(Patience)).Count);
        await Offer(MakeMany("r", 2));
        do Assert.True(await signals.MoveNextAsync().AsTask().WaitAsync(Patience));
        while (!signals.Current.IsHeld);
        await Service.DisposeAsync();
        Assert.False(await signals.MoveNextAsync().AsTask().WaitAsync(Patience));
        await AwaitAssertAsync(
            async () =>
                Assert.IsType<ActorNotFoundException>(
                    await Record.ExceptionAsync(() =>
                        Sys.ActorSelection("/user/conveyor/service").ResolveOne(TimeSpan.FromMilliseconds(100))
                    )
                ),
            Patience
        );
    }

    [Theory]
    [InlineData("core-0", "nothing that it held or was sent is lost")]
    [InlineData("pipelines", "nothing that it held or was sent is lost")]
    [InlineData($"pipelines/{Pipeline}/stage-{Stage}", "was stopped by hand.")]
    public async Task A_stop_by_hand_is_a_warning_with_the_actors_path(string path, string says)
    {
        await Offer(Make("r"));
        var heard = CreateTestProbe();
        Sys.EventStream.Subscribe(heard.Ref, typeof(Warning));
        (await Find(path)).Tell(PoisonPill.Instance);
        await heard.FishForMessageAsync(
            m =>
                $"{((Warning)m).Message}" is var text
                && text.Contains($"/user/conveyor/{path}", StringComparison.Ordinal)
                && text.Contains(says, StringComparison.Ordinal),
            Patience
        );
    }

    [Fact]
    public async Task An_idle_actor_that_stops_is_not_logged_as_a_warning()
    {
        await Offer(Make("r"));
        var heard = CreateTestProbe();
        Sys.EventStream.Subscribe(heard.Ref, typeof(Warning));
        var stage = await Find($"pipelines/{Pipeline}/stage-{Stage}");
        (await Find($"pipelines/{Pipeline}")).Tell(new Actors.Pipelines.ChildIsIdle(), stage);
        await ExpectTerminated(stage);
        await Service.PeekAsync(Pipeline, Stage, 1);
        Assert.False(heard.HasMessages);
    }

    [Fact]
    public async Task Messages_sent_directly_to_a_stopped_actor_reach_its_successor()
    {
        await Service.BufferForStageAsync(Pipeline, Stage, Source, Make("r1"));
        var (stage, core) = (await Find($"pipelines/{Pipeline}/stage-{Stage}"), await Find("core-1"));
        foreach (var actor in (IActorRef[])[stage, core])
            await actor.GracefulStop(Patience);
        Assert.Equal(
            1,
            (await stage.Ask<Leased>(new GetBatch(Pipeline, Stage, new BatchRequest(1)), Patience)).Batch.Count
        );
        Assert.True((await core.Ask<EnqueueResult>(new Enqueue(Target, Make("r2")), Patience)).IsAccepted);
    }

    [Fact]
    public async Task Records_of_one_writer_stay_in_order_over_stops_of_its_buffer_actor()
    {
        var writer = Conveyor.CreateWriter();
        var core = writer.Path.Name.Replace("writer", "core", StringComparison.Ordinal);
        for (var i = 0; i < 3_000; i++)
        {
            writer.Tell(new Enqueue(Target, Make($"{i}")), ActorRefs.NoSender);
            if (i % 100 == 50)
                Sys.ActorSelection($"/user/conveyor/{core}").Tell(PoisonPill.Instance);
        }
        await Eventually(s => s.Total.Buffered == 3_000);
        Assert.Equal(
            Enumerable.Range(0, 3_000).Select(i => $"{i}"),
            (await Service.PeekAsync(Pipeline, Stage, 5_000)).Select(r => r.Record.Id)
        );
    }

    [Fact]
    public async Task When_the_common_parent_is_stopped_everything_refuses_at_once()
    {
        await Configure(
            new()
            {
                MaxPerStage = 1,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );
        var waits = Reply(Conveyor.Pipelines, new GetBatch(Pipeline, "other", new BatchRequest(1) { Wait = true }));
        Assert.True((await Conveyor.Buffers.Ask<EnqueueResult>(new Enqueue(Target, Make("1")), Patience)).IsAccepted);
        var enqueues = Reply(Conveyor.Buffers, new Enqueue(Target, Make("2"), ExpectsReply: true));
        await Eventually(s => s.Stages.Any(x => x.WaitingConsumers == 1));
        var guardian = await Sys.ActorSelection("/user/conveyor").ResolveOne(Patience);
        var old = await Find("pipelines");
        guardian.Tell(PoisonPill.Instance);
        await ExpectTerminated(guardian);
        foreach (
            var reply in (IConveyorReply[])
                [
                    await waits,
                    await Reply(Pipelines, new Peek(Pipeline, Stage, 1)),
                    await Reply(old, GetPipelines.Instance),
                ]
        )
            Assert.StartsWith(
                "The buffers of this actor system have stopped",
                Assert.IsType<Failed>(reply).Message,
                StringComparison.Ordinal
            );
        Assert.True(
            await enqueues
                is EnqueueResult { Status: EnqueueOutcome.Stopping or EnqueueOutcome.Draining }
                    or Failed { Problem: Problem.NotNow }
        );
        Assert.Equal(
            EnqueueOutcome.Stopping,
            (await Conveyor.Buffers.Ask<EnqueueResult>(new Enqueue(Target, Make("3")), Patience)).Status
        );
    }

    /// <summary>Sends a message as an actor would, to whom a failure is a message and no exception.</summary>
    async Task<IConveyorReply> Reply(IActorRef to, object message)
    {
        var asker = CreateTestProbe();
        to.Tell(message, asker.Ref);
        return await asker.ExpectMsgAsync<IConveyorReply>(Patience);
    }
}
