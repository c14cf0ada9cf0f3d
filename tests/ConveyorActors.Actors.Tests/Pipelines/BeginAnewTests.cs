using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Pipelines;

public class BeginAnewTests : ConveyorTestKit
{
    /// <summary>The consumer of the documents: it asks as it starts, and begins anew when it is restarted.</summary>
    sealed class Consumer : ReceiveActor
    {
        readonly IActorRef pipelines,
            seen;

        public Consumer(IActorRef pipelines, IActorRef seen)
        {
            (this.pipelines, this.seen) = (pipelines, seen);
            Receive<string>(text => throw new FormatException(text));
            Receive<Leased>(leased => seen.Tell(leased));
            Receive<BegunAnew>(_ => { });
            Receive<WaitCancelled>(_ => { });
        }

        protected override void PreStart() =>
            pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(100) { Wait = true }));

        protected override void PostRestart(Exception reason)
        {
            pipelines.Tell(new BeginAnew(Pipeline, Stage));
            base.PostRestart(reason);
        }
    }

    [Fact]
    public async Task Twenty_restarts_leave_one_waiting_consumer_and_one_lease()
    {
        var consumer = Sys.ActorOf(Props.Create(() => new Consumer(Pipelines, TestActor)));
        for (var i = 0; i < 20; i++)
            consumer.Tell("a message that it cannot parse");
        await consumer.Ask<ActorIdentity>(new Identify(1), Patience);
        await Eventually(s => s.Stages is [{ WaitingConsumers: 1 }]);
        await Offer(MakeMany("r", 1_000));
        Assert.Equal(100, (await ExpectMsgAsync<Leased>(Patience)).Batch.Count);
        var stage = (await GetSnapshot()).Stages.Single();
        Assert.Equal((0, 1, 100L), (stage.WaitingConsumers, stage.Leases.Count, stage.Level.InFlight));
    }

    [Fact]
    public async Task A_consumer_that_stops_without_failure_returns_its_leases_uncharged()
    {
        await Offer(MakeMany("r", 10));
        var lease = (await Ask<Leased>(TestActor, new GetBatch(Pipeline, Stage, new BatchRequest(4)))).Batch;
        Assert.Equal(
            new BegunAnew(1, 0),
            Bare(await Ask<BegunAnew>(TestActor, new BeginAnew(Pipeline, Stage, HasFailed: false)))
        );
        Assert.Equal(
            SettleStatus.UnknownLease,
            (await Ask<Settled>(new Complete(Pipeline, Stage, lease.Id))).Result.Status
        );
        var again = await Ask<Leased>(TestActor, new GetBatch(Pipeline, Stage, new BatchRequest(4)));
        Assert.Equal(
            lease.Records.Select(r => (r.Record.Id, 0)),
            again.Batch.Records.Select(r => (r.Record.Id, r.RetryCount))
        );
    }

    [Fact]
    public async Task A_consumer_that_failed_is_charged_only_for_a_record_that_it_held_alone()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { Backoff = BackoffSettings.None });
        await Offer(MakeMany("r", 8));
        List<(int Count, int Retries)> leases = [];
        while (leases.Count < 10 && leases.All(l => l.Count > 1))
        {
            var batch = (await Ask<Leased>(TestActor, new GetBatch(Pipeline, Stage, new BatchRequest(8)))).Batch;
            leases.Add((batch.Count, batch.Records.Sum(r => r.RetryCount)));
            await Ask<BegunAnew>(TestActor, new BeginAnew(Pipeline, Stage, "it crashed"));
        }
        Assert.Equal([(8, 0), (4, 0), (2, 0), (1, 0)], leases);
        Assert.Equal([1, 0, 0, 0, 0, 0, 0, 0], (await Service.PeekAsync(Pipeline, Stage, 8)).Select(r => r.RetryCount));
    }

    [Fact]
    public async Task Leases_and_waits_of_others_are_unchanged()
    {
        await Offer(MakeMany("r", 4));
        var other = CreateTestProbe();
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(4)), other.Ref);
        var theirs = (await other.ExpectMsgAsync<Leased>(Patience)).Batch;
        Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(4) { Wait = true }), other.Ref);
        Assert.Equal(new BegunAnew(0, 0), Bare(await Ask<BegunAnew>(TestActor, new BeginAnew(Pipeline, Stage))));
        Assert.Equal(4, (await Ask<Settled>(new Complete(Pipeline, Stage, theirs.Id))).Result.Settled);
        Assert.Equal(1, (await GetSnapshot()).Stages.Single().WaitingConsumers);
    }

    [Fact]
    public async Task A_restart_of_an_actor_does_not_end_a_wait_for_room()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { FullMode = FullMode.Wait });
        await Configure(
            new()
            {
                MaxPerStage = 1,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );
        await Offer(Make("first"));
        Pipelines.Tell(new BufferForStage(Pipeline, Stage, Source, Make("second")), TestActor);
        await Eventually(s => s.Stages.Single().WaitingOffers == 1);
        await Ask<BegunAnew>(TestActor, new BeginAnew(Pipeline, Stage));
        await Service.CompleteAsync(Pipeline, Stage, (await Service.GetBatchAsync(Pipeline, Stage, new(1))).Id);
        Assert.Equal(1, (await ExpectMsgAsync<Offered>(Patience)).Result.Accepted);
    }

    [Fact]
    public async Task A_restarted_actor_never_receives_replies_to_earlier_requests()
    {
        var random = new Random(31);
        for (var round = 0; round < 200; round++)
        {
            var consumer = CreateTestProbe();
            Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(3) { Wait = true }), consumer.Ref);
            var offering = Task.Run(() =>
                Service
                    .BufferBatchForStageAsync(Pipeline, Stage, Source, MakeMany($"{round}-", random.Next(1, 5)))
                    .AsTask()
            );
            Pipelines.Tell(new BeginAnew(Pipeline, Stage, HasFailed: false), consumer.Ref);
            while (await consumer.ReceiveOneAsync(Patience) is not BegunAnew) { }
            await offering;
            Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(100) { Wait = true }), consumer.Ref);
            var leased = (Leased)await consumer.FishForMessageAsync(m => m is Leased, Patience);
            Pipelines.Tell(new Complete(Pipeline, Stage, leased.Batch.Id), consumer.Ref);
            await consumer.FishForMessageAsync(m => m is Settled, Patience); // the wait that was given up says so, too
            // Had an earlier lease come, too, it would still be out.
            await Eventually(s =>
                s.IsConserved && s.Total.InFlight == 0 && s.Total.Pending + s.Total.Completed == s.Total.Accepted
            );
            while (await Service.GetBatchAsync(Pipeline, Stage, new(100)) is { Count: > 0 } rest)
                await Service.CompleteAsync(Pipeline, Stage, rest.Id);
        }
        Assert.Equal(0, (await GetSnapshot()).Total.Retries);
    }

    [Fact]
    public async Task A_missing_reason_is_reported()
    {
        var failed = await Ask<Failed>(new BeginAnew(Pipeline, Stage, null!));
        Assert.Equal("Reason is null; it must be a text that says why.", failed.Message);
    }

    async Task<T> Ask<T>(IActorRef asker, IConveyorMessage command)
    {
        Pipelines.Tell(command, asker);
        return await ExpectMsgAsync<T>(Patience);
    }

    static BegunAnew Bare(BegunAnew reply) => new(reply.Leases, reply.Waits);
}
