using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Pipelines;

/// <summary>
/// Actors that speak to the buffers without the port between: each command is answered with what its summary says.
/// </summary>
public class ProtocolTests : ConveyorTestKit
{
    [Fact]
    public async Task A_record_is_offered_leased_and_completed_by_messages()
    {
        var offered = await Ask<Offered>(new BufferForStage(Pipeline, Stage, Source, Make("r1")));
        Assert.Equal((OfferStatus.Accepted, 1), (offered.Result.Status, offered.Result.Accepted));
        Assert.Equal(2, (await Offer(Make("r2"), Make("r3"))).Accepted);
        Assert.Equal("r1", (await Ask<Peeked>(new Peek(Pipeline, Stage, 1))).Records.Single().Record.Id);
        Assert.Equal(3 / 10_000.0, (await Ask<Fill>(new GetStageUtilization(Pipeline, Stage))).Value);
        Assert.Equal(3 / 100_000.0, (await Ask<Fill>(new GetGlobalUtilization(Pipeline))).Value);
        Assert.Equal([Stage], (await Ask<NameList>(new GetStagesWithData(Pipeline))).Names);

        var lease = (await Ask<Leased>(new GetBatch(Pipeline, Stage, new BatchRequest(10)))).Batch;
        Assert.Equal(["r1", "r2", "r3"], lease.Records.Select(r => r.Record.Id));
        Assert.True((await Ask<Settled>(new Renew(Pipeline, Stage, lease.Id))).Result.IsOk);
        Assert.Equal(1, (await Ask<Settled>(new Complete(Pipeline, Stage, lease.Id, [1]))).Result.Settled);
        Assert.Equal(
            1,
            (await Ask<Settled>(new DeadLetterRecords(Pipeline, Stage, lease.Id, [2], "poison"))).Result.DeadLettered
        );
        Assert.Equal(
            1,
            (await Ask<Settled>(new Hop(Pipeline, Stage, lease.Id, null, "load", new[] { Make("result") })))
                .Result
                .Settled
        );
        Assert.Equal(
            SettleStatus.UnknownLease,
            (await Ask<Settled>(new ReturnToBuffer(Pipeline, Stage, lease.Id, null, "late"))).Result.Status
        );

        Assert.Equal(
            "poison",
            (await Ask<DeadLetterList>(new GetDeadLetters(Pipeline, Stage, 10))).DeadLetters.Single().LastError
        );
        Assert.Equal(1, (await Ask<Count>(new ReplayDeadLetters(Pipeline, Stage))).Value);
        Assert.Equal(0, (await Ask<Count>(new PurgeDeadLetters(Pipeline, Stage))).Value);
        var now = (await Ask<SnapshotTaken>(new GetSnapshot(Pipeline))).Snapshot;
        Assert.True(now.IsConserved);
        Assert.Equal((2, 2), (now.Total.Pending, now.Total.Completed));
    }

    [Fact]
    public async Task A_source_can_query_its_signal_its_room_and_its_reasons()
    {
        await Ask<Configured>(new ConfigurePipeline(Pipeline, new() { MaxPerStage = 5 }));
        Assert.Equal(BackpressureSignal.None, (await Ask<SignalIs>(new GetSignal(Pipeline, Source))).Signal);
        Assert.Empty((await Ask<Explained>(new Explain(Pipeline, Source))).Reasons);
        Assert.Equal(5, (await Ask<Count>(new GetAvailableCredits(Pipeline, Stage, Source))).Value);
        var grant = (await Ask<Granted>(new RequestCredits(Pipeline, Stage, Source, 4, TimeSpan.FromSeconds(9)))).Grant;
        Assert.Equal(4, grant.Records);
        Assert.Equal(BackpressureSignal.Pause, (await Ask<SignalIs>(new GetSignal(Pipeline, Source))).Signal);
        Assert.Equal("stage enrich", (await Ask<Explained>(new Explain(Pipeline, Source))).Reasons.Single().Limit);
        Assert.Equal(
            1,
            (await Ask<Offered>(new BufferBatchForStage(Pipeline, Stage, Source, new[] { Make("r1") }, grant)))
                .Result
                .Accepted
        );
        Assert.Equal(3, (await Ask<Count>(new GiveBackCredits(Pipeline, grant))).Value);
        Assert.Equal(
            4,
            (
                await Ask<Granted>(
                    new RequestCredits(Pipeline, Stage, Source, 9, TimeSpan.FromSeconds(9), WaitForRoom: true)
                )
            )
                .Grant
                .Records
        );
        Assert.Equal(
            5,
            (await Ask<LimitsPlanned>(new PlanLimits(Pipeline, new() { MaxPerStage = 1 })))
                .Change.Rows.Single()
                .RefusedUntil
        );
        Assert.Equal([Pipeline], (await Ask<NameList>(GetPipelines.Instance)).Names);
    }

    [Fact]
    public async Task Waiting_consumers_are_served_in_the_order_of_their_requests()
    {
        var (first, second) = (CreateTestProbe(), CreateTestProbe());
        foreach (var consumer in new[] { first, second })
        {
            Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1) { Wait = true }), consumer.Ref);
            await consumer.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(20));
        }
        await Ask<Configured>(new ConfigureStage(Pipeline, Stage, new() { LeaseOrder = LeaseOrder.Shared }));
        await Offer(Make("r1"));
        Assert.Equal("r1", (await first.ExpectMsgAsync<Leased>(Patience)).Batch.Records.Single().Record.Id);
        await second.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(20));
        await Offer(Make("r2"));
        Assert.Equal("r2", (await second.ExpectMsgAsync<Leased>(Patience)).Batch.Records.Single().Record.Id);
    }

    [Fact]
    public async Task A_wait_ended_by_its_name_gets_a_reply()
    {
        var consumer = CreateTestProbe();
        var wait = Guid.NewGuid();
        Pipelines.Tell(
            new GetBatch(Pipeline, Stage, new BatchRequest(1) { Wait = true }) { Wait = wait },
            consumer.Ref
        );
        await Eventually(s => s.Stages.SingleOrDefault()?.WaitingConsumers == 1);
        Pipelines.Tell(new CancelWait(Pipeline, Stage, null, Guid.NewGuid()), consumer.Ref); // another's
        Pipelines.Tell(new CancelWait(Pipeline, Stage, null, wait), consumer.Ref);
        Assert.Equal(new WaitCancelled(wait), await consumer.ExpectMsgAsync<WaitCancelled>(Patience));
        Pipelines.Tell(new CancelWait(Pipeline, Stage, null, wait), consumer.Ref); // too late
        await Offer(Make("r1"));
        Assert.Equal(1, (await GetSnapshot()).Total.Buffered);
    }

    [Fact]
    public async Task Two_waits_of_the_same_name_are_refused_with_the_name()
    {
        var wait = Guid.NewGuid();
        var (first, second) = (CreateTestProbe(), CreateTestProbe());
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1) { Wait = true }) { Wait = wait }, first.Ref);
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1) { Wait = true }) { Wait = wait }, second.Ref);
        var failed = await second.ExpectMsgAsync<Failed>(Patience);
        Assert.Equal(Problem.Argument, failed.Problem);
        Assert.Contains(wait.ToString(), failed.Message);
        await Offer(Make("r1"));
        Assert.Equal(1, (await first.ExpectMsgAsync<Leased>(Patience)).Batch.Count);
    }

    [Fact]
    public async Task A_full_stage_that_waits_accepts_its_offers_in_order_when_there_is_room()
    {
        await Configure(
            new()
            {
                MaxPerStage = 1,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );
        await Offer(Make("r1"));
        var producers = Enumerable.Range(2, 3).Select(_ => CreateTestProbe()).ToArray();
        for (var i = 0; i < producers.Length; i++)
            Pipelines.Tell(new BufferForStage(Pipeline, Stage, Source, Make($"r{i + 2}")), producers[i].Ref);
        await Eventually(s => s.Stages.Single().WaitingOffers == 3);
        for (var i = 1; i <= 4; i++)
        {
            var lease = (await Ask<Leased>(new GetBatch(Pipeline, Stage, new BatchRequest(1)))).Batch;
            Assert.Equal($"r{i}", lease.Records.Single().Record.Id);
            await Ask<Settled>(new Complete(Pipeline, Stage, lease.Id));
            if (i <= producers.Length)
                Assert.True((await producers[i - 1].ExpectMsgAsync<Offered>(Patience)).Result.IsAccepted);
        }
    }

    [Fact]
    public async Task A_stop_is_reported_and_ends_waits_and_subscriptions()
    {
        await Offer(MakeMany("r", 2));
        var (consumer, listener) = (CreateTestProbe(), CreateTestProbe());
        Pipelines.Tell(new GetBatch(Pipeline, "other", new BatchRequest(1) { Wait = true }), consumer.Ref);
        Pipelines.Tell(new SubscribeSignals(Pipeline, Source, listener.Ref), listener.Ref);
        await listener.ExpectMsgAsync<SignalChanged>(Patience);
        await Eventually(s => s.Stages.Any(x => x.WaitingConsumers == 1));
        Assert.Equal(2, (await Ask<PipelineStopped>(new StopPipeline(Pipeline, TimeSpan.Zero))).Report.Remaining);
        Assert.Equal(0, (await consumer.ExpectMsgAsync<Leased>(Patience)).Batch.Count);
        Assert.Equal(new SignalsEnded(Pipeline, Source), await listener.ExpectMsgAsync<SignalsEnded>(Patience));
        Assert.Equal(OfferStatus.Draining, (await Offer(Make("late"))).Status);
    }

    [Fact]
    public async Task Every_change_of_a_signal_comes_once_and_in_order_until_the_subscriber_leaves()
    {
        await Configure(new() { MaxPerStage = 1 });
        var listener = CreateTestProbe();
        for (var i = 0; i < 2; i++)
            Pipelines.Tell(new SubscribeSignals(Pipeline, Source, listener.Ref), listener.Ref);
        var heard = new List<BackpressureKind> { (await listener.ExpectMsgAsync<SignalChanged>(Patience)).Signal.Kind };
        for (var i = 0; i < 3; i++)
        {
            await Offer(Make("r"));
            var lease = (await Ask<Leased>(new GetBatch(Pipeline, Stage, new BatchRequest(1)))).Batch;
            await Ask<Settled>(new Complete(Pipeline, Stage, lease.Id));
            for (var change = 0; change < 2; change++)
                heard.Add((await listener.ExpectMsgAsync<SignalChanged>(Patience)).Signal.Kind);
        }
        var (none, pause) = (BackpressureKind.None, BackpressureKind.Pause);
        Assert.Equal([none, pause, none, pause, none, pause, none], heard);
        Pipelines.Tell(new UnsubscribeSignals(Pipeline, Source, listener.Ref), listener.Ref);
        await Ask<SignalIs>(new GetSignal(Pipeline, Source));
        await Offer(Make("r"));
        await listener.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task An_invalid_command_is_refused_with_its_name_its_value_and_the_valid_range()
    {
        var wrong = await Ask<Failed>(new GetBatch(Pipeline, Stage, new BatchRequest(0)));
        Assert.Equal(Problem.ArgumentOutOfRange, wrong.Problem);
        Assert.Contains("0", wrong.Message);
        wrong = await Ask<Failed>(new Peek("", Stage, 1));
        Assert.Equal(Problem.Argument, wrong.Problem);
        Assert.Contains("empty; it must be a name of 1 to 200 characters", wrong.Message);
        wrong = await Ask<Failed>(new Peek(Pipeline, new string('x', 201), 1));
        Assert.Contains("stage is 201 characters long", wrong.Message);
        wrong = await Ask<Failed>(new GetSignal(Pipeline, "a\nb"));
        Assert.Contains("source is 'a?b' with the control character U+000A", wrong.Message);
        await Offer(Make("r1"));
        var manager = await Find("pipelines/shop");
        manager.Tell(new Peek("other", Stage, 1), TestActor);
        Assert.Contains(
            "'other'; this is the manager of pipeline 'shop'",
            (await ExpectMsgAsync<Failed>(Patience)).Message
        );
    }

    [Fact]
    public async Task An_unknown_command_is_unhandled()
    {
        await Offer(Make("r1"));
        await Ask<SignalIs>(new GetSignal(Pipeline, Source));
        foreach (
            var path in new[]
            {
                "pipelines",
                "pipelines/shop",
                "pipelines/shop/stage-enrich",
                "pipelines/shop/source-web-1",
                "service",
                "core-0",
            }
        )
        {
            var actor = await Find(path);
            Sys.EventStream.Subscribe(TestActor, typeof(Akka.Event.UnhandledMessage));
            actor.Tell("nonsense");
            var unhandled = await FishForMessageAsync<Akka.Event.UnhandledMessage>(
                u => u.Message is "nonsense",
                Patience
            );
            Assert.Equal(actor, unhandled.Recipient);
        }
    }

    [Fact]
    public async Task The_actors_have_names_that_read_well()
    {
        await Offer(Make("r1"));
        await Ask<SignalIs>(new GetSignal(Pipeline, Source));
        foreach (
            var path in new[]
            {
                "pipelines",
                "pipelines/shop",
                "pipelines/shop/stage-enrich",
                "pipelines/shop/source-web-1",
                "buffers",
                "writer-0",
                "core-0",
                "service",
            }
        )
            Assert.EndsWith($"/user/conveyor/{path}", (await Find(path)).Path.ToString());
    }

    [Fact]
    public async Task Names_of_any_characters_have_their_own_actors()
    {
        string[] names =
        [
            "a/b",
            "a%2Fb",
            "a b",
            "a%20b",
            "ä",
            "%C3%A4",
            "日本",
            "$x",
            "x#y",
            "x?y",
            "a:b",
            ".",
            new('ü', 200),
            "stage-enrich",
            "%",
        ];
        foreach (var name in names)
        {
            Assert.True((await Ask<Offered>(new BufferForStage(name, name, name, Make(name)))).Result.IsAccepted, name);
            Assert.Equal(BackpressureSignal.None, (await Ask<SignalIs>(new GetSignal(name, name))).Signal);
        }
        foreach (var name in names)
            Assert.Equal(name, (await Ask<Peeked>(new Peek(name, name, 9))).Records.Single().Record.Id);
        Assert.Equal(names.Order(StringComparer.Ordinal), (await Ask<NameList>(GetPipelines.Instance)).Names);
    }
}
