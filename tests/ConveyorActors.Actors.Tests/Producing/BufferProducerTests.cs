using ConveyorActors.Actors.Consuming;
using ConveyorActors.Actors.Producing;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests.Producing;

public class BufferProducerTests : ConveyorTestKit
{
    static BufferProducerSettings Settings =>
        new(new BufferTarget(Pipeline, Stage, Source)) { RetryDelay = TimeSpan.FromMilliseconds(5) };

    IActorRef Start(BufferProducerSettings? settings = null) =>
        Sys.ActorOf(BufferProducerActor.Props(Service, settings ?? Settings));

    [Fact]
    public async Task A_producer_is_asked_for_as_many_records_as_fit_and_is_notified_of_acceptance()
    {
        await Configure(new() { MaxPerStage = 10 });
        var way = Start();
        way.Tell(new RegisterProducer(TestActor));
        var next = await ExpectMsgAsync<RequestNext>(Patience);
        Assert.Equal((10, way), (next.Credits, next.SendNextTo));
        way.Tell(new SendNext(MakeMany("a", 4), "first"));
        Assert.Equal(new Confirmed(OfferStatus.Accepted, 4, 4, "first"), await ExpectMsgAsync<Confirmed>(Patience));
        way.Tell(new SendNext(MakeMany("b", 6)));
        Assert.Equal(new Confirmed(OfferStatus.Accepted, 6, 6, null), await ExpectMsgAsync<Confirmed>(Patience));
        // It is asked again as soon as there is room.
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(20));
        await Service.CompleteAsync(Pipeline, Stage, (await Service.GetBatchAsync(Pipeline, Stage, new(3))).Id);
        Assert.InRange((await ExpectMsgAsync<RequestNext>(Patience)).Credits, 1, 3);
        Assert.Equal(0, (await GetSnapshot()).Total.Refused);
    }

    [Fact]
    public async Task Granting_more_than_requested_is_refused_and_named()
    {
        await Configure(new() { MaxPerStage = 10 });
        var way = Start();
        way.Tell(new SendNext(MakeMany("a", 1), "too early"));
        Assert.Equal(
            ("Records has 1 records; 0 are requested still.", "too early"),
            (await ExpectMsgAsync<Failed>(Patience)) is var f ? (f.Message, f.InReplyTo!.CorrelationId) : default
        );
        way.Tell(new RegisterProducer(TestActor));
        await ExpectMsgAsync<RequestNext>(Patience);
        way.Tell(new SendNext(MakeMany("a", 11)));
        Assert.Equal(
            "Records has 11 records; 10 are requested still.",
            (await ExpectMsgAsync<Failed>(Patience)).Message
        );
    }

    [Fact]
    public async Task Room_promised_to_a_dead_producer_is_released_for_the_next_one()
    {
        var (way, producer) = (Start(), CreateTestProbe());
        way.Tell(new RegisterProducer(producer.Ref));
        await producer.ExpectMsgAsync<RequestNext>(Patience);
        way.Tell(new SendNext(MakeMany("a", 5)), producer.Ref);
        Sys.Stop(producer.Ref);
        await Eventually(s => s.Total is { Granted: 0, Buffered: 5 });
        way.Tell(new RegisterProducer(TestActor));
        await ExpectMsgAsync<RequestNext>(Patience);
        way.Tell(new SendNext(MakeMany("b", 5)));
        Assert.Equal(5, (await ExpectMsgAsync<Confirmed>(Patience)).Accepted);
        Sys.Stop(way);
        await Eventually(s => s.Total is { Granted: 0, Buffered: 10 });
    }

    [Fact]
    public async Task Unused_room_is_returned_and_the_request_stays_valid()
    {
        var way = Start(Settings with { CreditTimeToLive = TimeSpan.FromMilliseconds(20) });
        way.Tell(new RegisterProducer(TestActor));
        await ExpectMsgAsync<RequestNext>(Patience);
        await Eventually(s => s.Total.Granted == 0);
        way.Tell(new SendNext(MakeMany("a", 100)));
        Assert.Equal(100, (await FishForMessageAsync<Confirmed>(_ => true, Patience)).Accepted);
        Assert.Equal(0, (await GetSnapshot()).Total.Refused);
    }

    [Fact]
    public async Task A_null_value_is_refused_by_name_and_the_request_stays_valid()
    {
        var way = Start();
        way.Tell(new RegisterProducer(TestActor));
        var next = await ExpectMsgAsync<RequestNext>(Patience);
        (object Message, string Why)[] wrong =
        [
            (new SendNext([Make("a"), null!]), "Records[1] is null; it must be a record."),
        ];
        foreach (var (message, why) in wrong)
        {
            way.Tell(message);
            Assert.Equal(
                (Problem.ArgumentMissing, why),
                await ExpectMsgAsync<Failed>(Patience) is var f ? (f.Problem, f.Message) : default
            );
        }
        way.Tell(new SendNext(MakeMany("a", next.Credits)));
        Assert.Equal(next.Credits, (await ExpectMsgAsync<Confirmed>(Patience)).Accepted);
    }

    [Fact]
    public void A_message_without_a_producer_or_records_is_refused_when_it_is_made()
    {
        var producer = Assert.Throws<ArgumentNullException>("Producer", () => new RegisterProducer(null!));
        Assert.StartsWith("Producer is null; it must be the actor that gets RequestNext.", producer.Message);
        var records = Assert.Throws<ArgumentNullException>("Records", () => new SendNext(null!));
        Assert.StartsWith("Records is null; it must be the records, in order.", records.Message);
        Assert.Throws<ArgumentNullException>("Records", () => new SendNext([Make("a")]) with { Records = null! });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lower_byte_limit_does_not_look_like_a_stop_to_a_producer(bool isLowered)
    {
        await Configure(new() { MaxBytesPerStage = 100 });
        await Offer(Make("large") with { Payload = new byte[100] });
        var way = Sys.ActorOf(BufferProducerActor.Props(Service, Settings with { BytesPerRecord = 80 }));
        Watch(way);
        way.Tell(new RegisterProducer(TestActor));
        await Eventually(s => s.Stages.Any(stage => stage.WaitingOffers > 0));
        if (!isLowered)
        {
            await Ask<PipelineStopped>(new StopPipeline(Pipeline, TimeSpan.Zero));
            await ExpectTerminatedAsync(way, Patience);
            return;
        }
        await Configure(new() { MaxBytesPerStage = 50 });
        await Configure(new() { MaxBytesPerStage = 200 });
        await ExpectMsgAsync<RequestNext>(Patience);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_record_without_room_for_its_bytes_waits_and_is_not_offered_again_and_again(bool hasLargeKey)
    {
        await Configure(new() { MaxBytesPerStage = 1_000 });
        await Offer(Make("before") with { Payload = new byte[900] });
        var way = Start();
        way.Tell(new RegisterProducer(TestActor));
        await ExpectMsgAsync<RequestNext>(Patience);
        var large = hasLargeKey
            ? new ConveyorRecord("large", default) { Key = new string('k', (512 + 600) / 2 - 5) }
            : new ConveyorRecord("large", new byte[600]);
        Assert.Equal(600, large.GetSize());

        way.Tell(new SendNext([large]));

        await Eventually(s => s.Stages.Any(stage => stage.WaitingOffers > 0));
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        Assert.Equal(1, (await GetSnapshot()).Total.Refused);
        await Service.CompleteAsync(Pipeline, Stage, (await Service.GetBatchAsync(Pipeline, Stage, new(1))).Id);
        Assert.Equal(1, (await ExpectMsgAsync<Confirmed>(Patience)).Accepted);
        Assert.Equal(1, (await GetSnapshot()).Total.Refused);
    }

    sealed class Restarter : UntypedActor
    {
        readonly IActorRef child;

        public Restarter(Props props) => child = Context.ActorOf(props);

        protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Restart);

        protected override void OnReceive(object message) => child.Forward(message);
    }

    [Fact]
    public async Task A_restart_keeps_the_producer_and_its_sent_records()
    {
        await Configure(new() { MaxPerStage = 10 });
        var way = Sys.ActorOf(Props.Create(() => new Restarter(BufferProducerActor.Props(Service, Settings))));
        way.Tell(new RegisterProducer(TestActor));
        var next = await ExpectMsgAsync<RequestNext>(Patience);
        for (var i = 0; i < next.Credits; i++)
        {
            next.SendNextTo.Tell(Kill.Instance);
            next.SendNextTo.Tell(new SendNext(MakeMany($"a{i}-", 1), $"{i}"));
            next.SendNextTo.Tell(Kill.Instance);
            Assert.Equal(new Confirmed(OfferStatus.Accepted, 1, 1, $"{i}"), await ExpectMsgAsync<Confirmed>(Patience));
        }
        await Eventually(s => s.Total is { Granted: 0, Buffered: > 0 } && s.IsConserved);
        await Service.CompleteAsync(Pipeline, Stage, (await Service.GetBatchAsync(Pipeline, Stage, new(10))).Id);
        Assert.InRange((await ExpectMsgAsync<RequestNext>(Patience)).Credits, 1, 10); // it is asked again
    }

    [Fact]
    public async Task A_record_too_large_for_the_wire_does_not_delay_other_records()
    {
        var way = Sys.ActorOf(BufferProducerActor.Props(NarrowWire.Around(Service), Settings));
        way.Tell(new RegisterProducer(TestActor));
        await ExpectMsgAsync<RequestNext>(Patience);
        way.Tell(new SendNext([new("large", new byte[1_000]), Make("b")], "first"));
        way.Tell(new SendNext([Make("a")], "second"));
        way.Tell(new SendNext([Make("c")], "third"));
        Assert.Equal(new Confirmed(OfferStatus.TooLarge, 0, 0, "first"), await ExpectMsgAsync<Confirmed>(Patience));
        Assert.Equal(new Confirmed(OfferStatus.Accepted, 1, 1, "second"), await ExpectMsgAsync<Confirmed>(Patience));
        Assert.Equal(new Confirmed(OfferStatus.Accepted, 1, 1, "third"), await ExpectMsgAsync<Confirmed>(Patience));
        Assert.Equal(["a", "c"], (await Service.PeekAsync(Pipeline, Stage, 10)).Select(r => r.Record.Id));
    }

    [Fact]
    public async Task The_consumer_stops_when_the_pipeline_stops()
    {
        await Configure(new() { MaxPerStage = 1 });
        await Offer(Make("first"));
        var way = Start();
        Watch(way);
        way.Tell(new RegisterProducer(TestActor));
        await Eventually(s => s.Stages is [{ WaitingOffers: 1 }]);
        await Service.StopAsync(Pipeline, TimeSpan.Zero);
        await ExpectTerminatedAsync(way, Patience);
    }

    /// <summary>Sends what it is asked for, in pieces of random size.</summary>
    sealed class Reader : UntypedActor
    {
        readonly Queue<ConveyorRecord> left;
        readonly Random random;

        public Reader(IActorRef way, int number, int records)
        {
            left = new(Enumerable.Range(1, records).Select(i => Make($"{number}-{i}")));
            random = new(number);
            way.Tell(new RegisterProducer(Self));
        }

        protected override void OnReceive(object message)
        {
            if (message is not RequestNext next)
                return;
            for (var credits = next.Credits; credits > 0 && left.Count > 0; )
            {
                var count = Math.Min(random.Next(1, credits + 1), left.Count);
                next.SendNextTo.Tell(new SendNext([.. Enumerable.Range(0, count).Select(_ => left.Dequeue())]), Self);
                credits -= count;
            }
        }
    }

    [Fact]
    public async Task Many_producers_at_a_slow_stage_are_never_refused_and_keep_their_order()
    {
        await Configure(new() { MaxPerStage = 10 });
        Dictionary<string, List<string>> seen = [];
        for (var i = 0; i < 10; i++)
        {
            var (number, way) = (i, Start(Settings with { Target = new(Pipeline, Stage, $"source-{i}"), Credits = 4 }));
            Sys.ActorOf(Props.Create(() => new Reader(way, number, 100)));
        }
        Sys.ActorOf(
            BufferConsumerActor.Props(
                Service,
                new(Pipeline, Stage) { BatchSize = 3 },
                record =>
                {
                    if (!seen.TryGetValue(record.SourceId, out var ids))
                        seen[record.SourceId] = ids = [];
                    ids.Add(record.Record.Id);
                    return RecordResult.Completed;
                }
            )
        );
        var now = await Eventually(s => s.Total.Completed == 1_000);
        Assert.Equal((0, 0), (now.Total.Refused, now.Total.Dropped));
        for (var i = 0; i < 10; i++)
            Assert.Equal(Enumerable.Range(1, 100).Select(n => $"{i}-{n}"), seen[$"source-{i}"]);
    }
}
