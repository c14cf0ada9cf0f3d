using System.Text.Json;
using Akka.Serialization;
using ConveyorActors.Actors.Wire;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Wire;

/// <summary>
/// Our types survive in users' own messages under Akka's default serializer, by themselves under ours, and under
/// System.Text.Json.
/// </summary>
public sealed class UserMessageTests : Akka.TestKit.Xunit2.TestKit
{
    static readonly DateTimeOffset Then = new(2031, 5, 17, 13, 14, 15, 678, TimeSpan.FromMinutes(330));

    sealed record Job(ConveyorRecord Record, int Attempt);

    sealed record Report(
        object Anything,
        ConveyorRecord? Same,
        BufferedRecord<ConveyorRecord> Buffered,
        LeasedBatch Batch,
        OfferResult Offer,
        SettleResult Settle,
        CreditGrant Grant,
        DeadLetter<ConveyorRecord> Letter,
        BackpressureSignal Signal,
        IReadOnlyList<ConveyorRecord> Records
    );

    static ConveyorRecord Full(string id) =>
        new(id, new byte[] { 0, 1, 0xFE, 0x80 })
        {
            Key = "2031-05-17T13:14:15Z", // reads like a date
            EventTime = Then,
            Position = new(1_000, 10),
            Headers = new Dictionary<string, string>
            {
                ["$type"] = "System.String",
                ["$id"] = "1",
                ["at"] = "2031-05-17T13:14:15.5+05:30",
                ["straße"] = "ß 漢 🚚",
            },
        };

    public static TheoryData<string> RecordNames => [.. Records.Keys];

    static Dictionary<string, ConveyorRecord> Records { get; } =
        new()
        {
            ["full"] = Full("id-1"),
            ["bare"] = new("id", new byte[5]),
            ["empty"] = new("", ReadOnlyMemory<byte>.Empty),
            ["an id like a date"] = new("2031-05-17T13:14:15Z", "hello"u8.ToArray()),
            ["half a surrogate pair"] = new("a\uD83D", new byte[] { 1 }) { Key = "\uDE9A" },
            ["a part of an array"] = new("id", new byte[] { 1, 2, 3, 4 }.AsMemory(1, 2)),
            ["an empty key"] = new("id", new byte[] { 1 }) { Key = "" },
            ["a thousand headers"] = new("id", new byte[70_000])
            {
                Headers = Enumerable.Range(0, 1_000).ToDictionary(i => $"n{i}", i => $"v{i}"),
            },
            ["the first moment"] = new("id", new byte[1]) { EventTime = DateTimeOffset.MinValue },
            ["the last moment"] = new("id", new byte[1]) { EventTime = DateTimeOffset.MaxValue },
        };

    object Sent(object message)
    {
        var serializer = Sys.Serialization.FindSerializerFor(message);
        return Sys.Serialization.Deserialize(
            serializer.ToBinary(message),
            serializer.Identifier,
            Akka.Serialization.Serialization.ManifestFor(serializer, message)
        );
    }

    [Theory, MemberData(nameof(RecordNames))]
    public void A_record_survives_in_a_users_message_under_the_default_serializer(string name)
    {
        var job = new Job(Records[name], 3);
        Assert.IsType<NewtonSoftJsonSerializer>(Sys.Serialization.FindSerializerFor(job));
        var back = Assert.IsType<Job>(Sent(job));
        Assert.Equal(job, back);
        Assert.Equal(job.Record.EventTime?.Offset, back.Record.EventTime?.Offset);
    }

    [Theory, MemberData(nameof(RecordNames))]
    public void A_single_record_survives_the_default_serializer_and_the_library_serializer(string name)
    {
        Assert.IsType<NewtonSoftJsonSerializer>(Sys.Serialization.FindSerializerFor(Records[name]));
        Assert.Equal(Records[name], Sent(Records[name]));
        ConveyorSerializer.Register((ExtendedActorSystem)Sys);
        Assert.IsType<ConveyorSerializer>(Sys.Serialization.FindSerializerFor(Records[name]));
        Assert.Equal(Records[name], Sent(Records[name]));
    }

    [Theory, MemberData(nameof(RecordNames))]
    public void A_record_survives_System_Text_Json(string name)
    {
        if (name == "half a surrogate pair")
            return; // JSON texts cannot hold it
        var job = new Job(Records[name], 3);
        Assert.Equal(job, JsonSerializer.Deserialize<Job>(JsonSerializer.Serialize(job)));
    }

    [Fact]
    public void All_results_of_a_port_survive_in_a_users_message()
    {
        var report = MakeReport();
        var back = Assert.IsType<Report>(Sent(report));
        AssertSame(report, back);
        Assert.Equal(report.Anything, back.Anything);
    }

    sealed record Lists(
        LimitChange Change,
        IReadOnlyList<string> Pipelines,
        IReadOnlyList<string> Stages,
        IReadOnlyList<BackpressureReason> Reasons,
        IReadOnlyList<DeadLetter<ConveyorRecord>> Letters,
        IReadOnlyList<BufferedRecord<ConveyorRecord>> Peeked,
        StopReport Report
    );

    // What a service really makes: the lists that the compiler makes of collection expressions cannot be read back.
    [Fact]
    public async Task The_lists_that_a_service_returns_survive_in_a_users_message()
    {
        await using var service = new EmbeddedBufferService();
        await service.ConfigureAsync("p", new() { MaxPerStage = 10 });
        await service.BufferBatchForStageAsync(
            "p",
            "parse",
            "web",
            Enumerable.Range(0, 9).Select(i => Full($"r{i}")).ToArray()
        );
        await service.DeadLetterAsync(
            "p",
            "parse",
            (await service.GetBatchAsync("p", "parse", new(1))).Id,
            null,
            "no order in it"
        );
        var lists = new Lists(
            await service.PlanLimitsAsync("p", new() { MaxTotalRecords = 5 }),
            await service.GetPipelinesAsync(),
            await service.GetStagesWithDataAsync("p"),
            await service.ExplainAsync("p", "web"),
            await service.GetDeadLettersAsync("p", "parse", 10),
            await service.PeekAsync("p", "parse", 3),
            await service.StopAsync("p", TimeSpan.Zero)
        );
        Assert.NotEmpty(lists.Reasons);
        Same.Check(lists, Assert.IsType<Lists>(Sent(lists)));
        await service.ConfigureAsync("q", new());
        await service.BufferForStageAsync("q", "parse", "web", Full("r"));
        var paused = await service.PlanLimitsAsync("q", new() { MaxTotalRecords = 1 });
        Assert.Equal(["web"], paused.Paused);
        Same.Check(paused, ((Tuple<LimitChange>)Sent(Tuple.Create(paused))).Item1);
    }

    [Fact]
    public async Task A_leased_batch_survives_serialization_in_a_users_message()
    {
        await using var service = new EmbeddedBufferService();
        await service.BufferBatchForStageAsync("p", "parse", "web", new[] { Full("a"), Full("b") });
        await service.BufferForStageAsync("p", "parse", "mobile", Full("c"));
        var batch = await service.GetBatchAsync("p", "parse", new(10));
        Assert.Equal(3, batch.Count);
        Assert.Equal(batch, ((Tuple<LeasedBatch>)Sent(Tuple.Create(batch))).Item1);
        Assert.Equal(batch, JsonSerializer.Deserialize<LeasedBatch>(JsonSerializer.Serialize(batch)));
    }

    [Fact]
    public void All_results_of_a_port_survive_System_Text_Json()
    {
        var report = MakeReport();
        AssertSame(report, JsonSerializer.Deserialize<Report>(JsonSerializer.Serialize(report))!);
    }

    [Fact]
    public void A_snapshot_survives_in_a_users_message_and_System_Text_Json()
    {
        var snapshot = GetSnapshot();
        Same.Check(snapshot, ((Tuple<PipelineSnapshot>)Sent(Tuple.Create(snapshot))).Item1);
        Same.Check(snapshot, JsonSerializer.Deserialize<PipelineSnapshot>(JsonSerializer.Serialize(snapshot))!);
    }

    [Fact]
    public void Results_of_a_port_are_bound_to_the_serializer_by_every_kind_of_setup()
    {
        var report = MakeReport();
        object[] all =
        [
            report.Anything,
            report.Buffered,
            report.Batch,
            report.Offer,
            report.Settle,
            report.Grant,
            report.Letter,
            GetSnapshot(),
        ];
        var configured = ActorSystem.Create("configured", ConveyorSerializer.Bindings);
        var setUp = ActorSystem.Create("set-up", Akka.Actor.Setup.ActorSystemSetup.Empty.And(ConveyorSerializer.Setup));
        // for messages only, as an older configuration has it
        var named = ActorSystem.Create("named", Registration.Hocon);
        ConveyorSerializer.Register((ExtendedActorSystem)Sys);
        ConveyorSerializer.Register((ExtendedActorSystem)named);
        try
        {
            foreach (var system in (ActorSystem[])[Sys, configured, setUp, named])
            foreach (var one in all)
            {
                var serializer = Assert.IsType<ConveyorSerializer>(system.Serialization.FindSerializerFor(one));
                Same.Check(one, serializer.FromBinary(serializer.ToBinary(one), serializer.Manifest(one)));
            }
        }
        finally
        {
            foreach (var system in (ActorSystem[])[configured, setUp, named])
                Shutdown(system);
        }
    }

    [Fact]
    public void A_record_damaged_in_transit_is_refused()
    {
        var json = System.Text.Encoding.UTF8.GetString(
            new NewtonSoftJsonSerializer((ExtendedActorSystem)Sys).ToBinary(Records["full"])
        );
        var damaged = json.Replace("\"record\":\"AQ", "\"record\":\"Zw", StringComparison.Ordinal);
        Assert.NotEqual(json, damaged);
        Assert.ThrowsAny<Exception>(() =>
            Sys.Serialization.Deserialize(System.Text.Encoding.UTF8.GetBytes(damaged), 1, typeof(ConveyorRecord))
        );
    }

    static Report MakeReport()
    {
        var record = Full("id-1");
        BufferedRecord<ConveyorRecord> buffered = new(
            record,
            "2031-05-17T13:14:15Z",
            "logs",
            "parse",
            Then,
            2,
            9_000_000_000
        );
        return new(
            record,
            record,
            buffered,
            new(17, "parse", Then, [buffered, buffered with { Sequence = 2 }]),
            new(
                OfferStatus.SourceFull,
                3,
                4,
                5,
                BackpressureSignal.SlowDown(TimeSpan.FromMilliseconds(55)),
                12_345_678_901
            ),
            new(SettleStatus.LeaseExpired, 3, 2, 1),
            new(5, "parse", "nginx", 64, Then),
            new(buffered, LossReason.Rejected, "not JSON", Then),
            BackpressureSignal.Pause,
            new[] { record, Records["bare"], record }
        );
    }

    static void AssertSame(Report expected, Report actual)
    {
        Assert.Equal(expected with { Anything = 0, Records = [] }, actual with { Anything = 0, Records = [] });
        Assert.Equal(expected.Records, actual.Records);
        Assert.Equal(expected.Batch.Deadline.Offset, actual.Batch.Deadline.Offset);
    }

    PipelineSnapshot GetSnapshot() =>
        (
            (ConveyorActors.Actors.Protocol.SnapshotTaken)
                Examples.All(TestActor).Single(m => m is ConveyorActors.Actors.Protocol.SnapshotTaken)
        ).Snapshot;
}
