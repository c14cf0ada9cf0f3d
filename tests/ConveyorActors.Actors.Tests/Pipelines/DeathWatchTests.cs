using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Service;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Pipelines;

/// <summary>Who dies holds nothing any more. The clock stands still in all of this: no deadline helps.</summary>
public class DeathWatchTests : ConveyorTestKit
{
    [Fact]
    public async Task A_dying_consumer_of_one_record_returns_it_charged_with_its_name_as_the_reason()
    {
        await Configure(
            new()
            {
                Stage = new() { MaxRetries = 0, Backoff = BackoffSettings.None },
            }
        );
        await Offer(MakeMany("r", 3));
        var consumer = CreateTestProbe("worker");
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1)), consumer.Ref);
        Assert.Equal(1, (await consumer.ExpectMsgAsync<Leased>(Patience)).Batch.Count);
        Sys.Stop(consumer.Ref);

        var now = await Eventually(s => s.Total.DeadLettered == 1);
        Assert.Equal((2, 0), (now.Total.Buffered, now.Total.InFlight));
        var dead = (await Ask<DeadLetterList>(new GetDeadLetters(Pipeline, Stage, 10))).DeadLetters;
        Assert.All(dead, d => Assert.Equal($"consumer {consumer.Ref.Path} died", d.LastError));
    }

    [Fact]
    public async Task A_dying_consumer_of_several_records_charges_none_and_the_poison_is_found()
    {
        await Configure(
            new()
            {
                Stage = new() { MaxRetries = 1, Backoff = BackoffSettings.None },
            }
        );
        await Offer(MakeMany("r", 64));
        var deaths = 0;
        for (var now = await GetSnapshot(); now.Total.Pending > 0; now = await GetSnapshot())
        {
            var consumer = CreateTestProbe();
            Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(64)), consumer.Ref);
            var lease = (await consumer.ExpectMsgAsync<Leased>(Patience)).Batch;
            if (lease.Records.Any(r => r.Record.Id == "r42"))
            {
                Assert.InRange(++deaths, 1, 6 + 2);
                Sys.Stop(consumer.Ref);
                await Eventually(s => s.Total.InFlight == 0);
                continue;
            }
            Assert.All(lease.Records, r => Assert.Equal(0, r.RetryCount));
            Pipelines.Tell(new Complete(Pipeline, Stage, lease.Id), consumer.Ref);
            await consumer.ExpectMsgAsync<Settled>(Patience);
        }
        Assert.Equal(
            "r42",
            Assert
                .Single((await Ask<DeadLetterList>(new GetDeadLetters(Pipeline, Stage, 10))).DeadLetters)
                .Record.Record.Id
        );
        Assert.Equal(63, (await GetSnapshot()).Total.Completed);
    }

    [Fact]
    public async Task A_consumer_that_dies_with_several_leases_is_charged_for_none_of_them()
    {
        await Configure(
            new()
            {
                Stage = new()
                {
                    LeaseOrder = LeaseOrder.Shared,
                    MaxRetries = 0,
                    Backoff = BackoffSettings.None,
                },
            }
        );
        await Offer(MakeMany("r", 3));
        var consumer = CreateTestProbe();
        for (var i = 0; i < 3; i++)
        {
            Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1)), consumer.Ref);
            await consumer.ExpectMsgAsync<Leased>(Patience);
        }
        Sys.Stop(consumer.Ref);
        var now = await Eventually(s => s.Total.InFlight == 0);
        Assert.Equal((3, 0), (now.Total.Buffered, now.Total.DeadLettered));
    }

    [Fact]
    public async Task Records_that_a_consumer_settled_before_it_died_stay_settled()
    {
        await Configure(new() { Stage = new() { Backoff = BackoffSettings.None } });
        await Offer(MakeMany("r", 3));
        var consumer = CreateTestProbe();
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(3)), consumer.Ref);
        var lease = (await consumer.ExpectMsgAsync<Leased>(Patience)).Batch;
        Pipelines.Tell(new Complete(Pipeline, Stage, lease.Id, [lease.Records[0].Sequence]), consumer.Ref);
        Assert.Equal(1, (await consumer.ExpectMsgAsync<Settled>(Patience)).Result.Settled);
        Sys.Stop(consumer.Ref);
        var now = await Eventually(s => s.Total.InFlight == 0);
        Assert.Equal((1, 2, 0), (now.Total.Completed, now.Total.Buffered, now.Total.Retries));
        var there = (await Ask<Peeked>(new Peek(Pipeline, Stage, 10))).Records;
        Assert.Equal(["r2", "r3"], there.Select(r => r.Record.Id));
    }

    [Fact]
    public async Task A_consumer_that_dies_while_it_waits_loses_no_record()
    {
        var consumer = CreateTestProbe();
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1) { Wait = true }), consumer.Ref);
        await Eventually(s => s.Stages.SingleOrDefault()?.WaitingConsumers == 1);
        Sys.Stop(consumer.Ref);
        await Eventually(s => s.Stages.Single().WaitingConsumers == 0);
        await Offer(Make("r1"));
        Assert.Equal(1, (await Ask<Leased>(new GetBatch(Pipeline, Stage, new BatchRequest(1)))).Batch.Count);
    }

    [Fact]
    public async Task A_producer_that_dies_while_it_waits_for_room_leaves_no_record_behind()
    {
        await Configure(
            new()
            {
                MaxPerStage = 1,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );
        await Offer(Make("r1"));
        var producer = CreateTestProbe();
        Pipelines.Tell(new BufferForStage(Pipeline, Stage, Source, Make("late")), producer.Ref);
        Pipelines.Tell(
            new RequestCredits(Pipeline, Stage, Source, 1, TimeSpan.FromMinutes(1), WaitForRoom: true),
            producer.Ref
        );
        await Eventually(s => s.Stages.Single().WaitingOffers == 2);
        Sys.Stop(producer.Ref);
        await Eventually(s => s.Stages.Single().WaitingOffers == 0);
        await Drain();
        var now = await GetSnapshot();
        Assert.Equal((1, 0, 0), (now.Total.Completed, now.Total.Pending, now.Total.Granted));
    }

    [Fact]
    public async Task A_lease_that_reaches_a_dead_consumer_is_returned()
    {
        await Configure(new() { Stage = new() { Backoff = BackoffSettings.None } });
        var consumer = CreateTestProbe();
        Sys.Stop(consumer.Ref);
        await ExpectTerminated(consumer.Ref);
        await Offer(Make("r1"));
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1)) { Owner = consumer.Ref }, TestActor);
        Assert.Equal(1, (await ExpectMsgAsync<Leased>(Patience)).Batch.Count);
        await Eventually(s => s.Total is { Buffered: 1, InFlight: 0 });
    }

    [Fact]
    public async Task The_named_owner_counts_and_not_the_sender()
    {
        await Configure(new() { Stage = new() { Backoff = BackoffSettings.None } });
        await Offer(MakeMany("r", 2));
        var (sender, owner) = (CreateTestProbe(), CreateTestProbe());
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(2)) { Owner = owner.Ref }, sender.Ref);
        var lease = (await sender.ExpectMsgAsync<Leased>(Patience)).Batch;
        Sys.Stop(sender.Ref);
        await ExpectTerminated(sender.Ref);
        Assert.Equal(2, (await Ask<Settled>(new Renew(Pipeline, Stage, lease.Id))).Result.IsOk ? 2 : 0);
        Assert.Equal(2, (await GetSnapshot()).Total.InFlight);
        Sys.Stop(owner.Ref);
        await Eventually(s => s.Total.InFlight == 0);
    }

    [Fact]
    public async Task An_asker_is_not_treated_as_dead_after_its_reply()
    {
        await Offer(Make("r1"));
        var lease = await Pipelines.Ask<Leased>(new GetBatch(Pipeline, Stage, new BatchRequest(1)), Patience);
        // whatever the asker's end has set off is over
        await Pipelines.Ask<Peeked>(new Peek(Pipeline, Stage, 1), Patience);
        Assert.Equal(1, (await GetSnapshot()).Total.InFlight);
        Assert.Equal(
            1,
            (await Pipelines.Ask<Settled>(new Complete(Pipeline, Stage, lease.Batch.Id), Patience)).Result.Settled
        );
    }

    [Fact]
    public async Task A_dead_subscriber_is_removed_and_the_others_are_still_notified()
    {
        await Configure(new() { MaxPerStage = 1 });
        var (first, second) = (CreateTestProbe(), CreateTestProbe());
        foreach (var listener in new[] { first, second })
        {
            Pipelines.Tell(new SubscribeSignals(Pipeline, Source, listener.Ref), listener.Ref);
            Assert.Equal(BackpressureSignal.None, (await listener.ExpectMsgAsync<SignalChanged>(Patience)).Signal);
        }
        Sys.Stop(first.Ref);
        await ExpectTerminated(first.Ref);
        await Offer(Make("r1"));
        Assert.Equal(
            new SignalChanged(Pipeline, Source, BackpressureSignal.Pause),
            await second.ExpectMsgAsync<SignalChanged>(Patience)
        );
    }

    [Fact]
    public async Task A_service_that_is_disposed_returns_its_leases_and_ends_its_waits()
    {
        await Configure(new() { Stage = new() { Backoff = BackoffSettings.None } });
        var service = new ActorBufferService(Sys, Pipelines);
        await Offer(MakeMany("r", 2));
        Assert.Equal(2, (await service.GetBatchAsync(Pipeline, Stage, new BatchRequest(2))).Count);
        var waits = service.GetBatchAsync(Pipeline, "other", new BatchRequest(2) { Wait = true }).AsTask();
        await Eventually(s => s.Stages.Any(x => x.WaitingConsumers == 1));
        await service.DisposeAsync();
        Assert.Contains(
            "GetBatch to pipeline 'shop'",
            (await Assert.ThrowsAsync<BufferServiceException>(() => waits)).Message
        );
        var now = await Eventually(s => s.Total.InFlight == 0 && s.Stages.All(x => x.WaitingConsumers == 0));
        Assert.Equal(2, now.Total.Buffered);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => service.GetSnapshotAsync(Pipeline).AsTask());
    }

    [Fact]
    public async Task Calls_end_when_the_actors_behind_the_service_do()
    {
        var pipelines = CreateTestProbe();
        var service = new ActorBufferService(Sys, pipelines.Ref);
        var calls = new Task[]
        {
            service.GetSnapshotAsync(Pipeline).AsTask(),
            service.GetBatchAsync(Pipeline, Stage, new BatchRequest(1) { Wait = true }).AsTask(),
            service.StopAsync(Pipeline, TimeSpan.FromDays(1)).AsTask(),
        };
        for (var i = 0; i < calls.Length; i++)
            await pipelines.ExpectMsgAsync<IPipelineCommand>(Patience);
        Sys.Stop(pipelines.Ref);
        foreach (var call in calls)
            await Assert.ThrowsAsync<BufferServiceException>(() => call.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_missing_reply_is_a_timeout_that_names_the_command_and_the_pipeline()
    {
        var service = new ActorBufferService(Sys, CreateTestProbe().Ref, TimeSpan.FromMilliseconds(50));
        var thrown = await Assert.ThrowsAsync<NoReplyException>(() =>
            service.GetSignalAsync(Pipeline, Source).AsTask()
        );
        Assert.Contains("GetSignal to pipeline 'shop'", thrown.Message);
        Assert.Contains("0.05 s", thrown.Message);
    }

    async Task Drain()
    {
        var lease = (await Ask<Leased>(new GetBatch(Pipeline, Stage, new BatchRequest(100)))).Batch;
        await Ask<Settled>(new Complete(Pipeline, Stage, lease.Id));
    }
}
