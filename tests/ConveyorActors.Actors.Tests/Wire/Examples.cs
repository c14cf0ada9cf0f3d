using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Wire;

/// <summary>
/// One example of every message, no member of it left at its default. Their bytes are kept (see
/// <see cref="StoredBytes"/>): an example is changed only where its message has got a new field.
/// </summary>
static class Examples
{
    static readonly DateTimeOffset Then = new(2031, 5, 17, 13, 14, 15, 678, TimeSpan.FromMinutes(330));

    /// <summary>
    /// What bytes of an older version mean, where that is not the example of today: the message without the fields it
    /// has got since. Key: version, space, manifest.
    /// </summary>
    public static IReadOnlyDictionary<string, IConveyorMessage> Older(IActorRef actor)
    {
        // v1: before commands had names; v1 and v2: before dead letters and leases were bounded in bytes, with a hop
        // that waits; v1 to v3: before offers said when they are acknowledged, and before operators' holds; v3: before
        // a link's end said what had been received; v4: before offers had ids; v1 to v5: before sources had budgets
        // over a cluster; v1 and v2 of results: before they told a failed write from a refusal; v1 to v8: before reasons
        // had bytes; v1 to v9: before planned limits had them.
        var plain = Plain(actor, SettingsV2, letterBytes: 0, byOperator: false, hasBudget: false)
            .Select(Unacknowledged)
            .Select(m =>
                m switch
                {
                    GetBatch lease => lease with { MaxBytes = 0 },
                    Hop => HopThatWaits,
                    Explained explained => WithoutBytes(explained),
                    LimitsPlanned planned => WithoutBytes(planned),
                    Offered offered => offered with { Result = offered.Result with { IsUnwritten = false } },
                    PartsOffered parts => parts with
                    {
                        Results = [.. parts.Results.Select(r => r with { IsUnwritten = false })],
                    },
                    _ => m,
                }
            )
            .ToList();
        var offers = All(actor).Where(m => m is BufferForStage or BufferBatchForStage).Select(Unacknowledged);
        var unheld = Plain(actor, Settings, letterBytes: 9_000, byOperator: false, hasBudget: false)
            .Where(m => m is Explained or SnapshotTaken)
            .Select(m => m is Explained explained ? WithoutBytes(explained) : m)
            .Select(Named);
        var inRecords = Plain(actor, Settings, letterBytes: 9_000).OfType<Explained>().Single();
        return plain
            .Select(m => ("v1", m))
            .Concat(plain.Select(m => ("v2", Named(m))))
            .Concat(offers.Concat(unheld).Append(new LinkControl(Wait, LinkStep.Opened, 96_000)).Select(m => ("v3", m)))
            .Append(
                (
                    "v5",
                    Named(Plain(actor, Settings, letterBytes: 9_000, hasBudget: false).OfType<SnapshotTaken>().Single())
                )
            )
            .Append(("v5", Named(WithoutBytes(inRecords))))
            .Append(("v4", All(actor).OfType<BufferBatchForStage>().Single() with { Offer = null }))
            .ToDictionary(
                m => $"{m.Item1} {ConveyorActors.Actors.Wire.Manifests.ByType[m.Item2.GetType()].Manifest}",
                m => m.Item2
            );
    }

    public static IReadOnlyList<IConveyorMessage> All(IActorRef actor) =>
        [.. Plain(actor, Settings, letterBytes: 9_000).Select(Named)];

    static Explained WithoutBytes(Explained message) =>
        message with
        {
            Reasons = [.. message.Reasons.Select(r => r with { UsedBytes = null, OfBytes = null })],
        };

    static LimitsPlanned WithoutBytes(LimitsPlanned message) =>
        message with
        {
            Change = message.Change with
            {
                Rows = [.. message.Change.Rows.Select(r => r with { UsedBytes = null, NewLimitBytes = null })],
            },
        };

    static IConveyorMessage Unacknowledged(IConveyorMessage message) =>
        message switch
        {
            BufferForStage offer => offer with { AckLevel = AckLevel.Buffered },
            BufferBatchForStage offer => offer with { AckLevel = AckLevel.Buffered, Offer = null },
            _ => message,
        };

    /// <summary>A command with a name, or a reply that names its command.</summary>
    static IConveyorMessage Named(IConveyorMessage message) =>
        message switch
        {
            ConveyorCommand command => command with { CorrelationId = "job 9" },
            PartsOffered parts => parts with
            {
                InReplyTo = Reference,
                Failure = parts.Failure! with { InReplyTo = Reference },
            },
            ConveyorReply reply => reply with { InReplyTo = Reference },
            _ => message,
        };

    static CommandReference Reference =>
        new(nameof(Complete))
        {
            Pipeline = "logs",
            Stage = "parse",
            Source = "nginx",
            Lease = 17,
            Wait = Wait,
            CorrelationId = "job 9",
        };

    static IReadOnlyList<IConveyorMessage> Plain(
        IActorRef actor,
        BufferSettings settings,
        long letterBytes,
        bool byOperator = true,
        bool hasBudget = true
    ) =>
        [
            new Enqueue(new BufferTarget("logs", "parse", "nginx"), Record(1), ExpectsReply: true),
            new EnqueueBatch(
                new BufferTarget("logs", "parse", "nginx"),
                new[] { Record(1), Record(2) },
                ExpectsReply: true
            ),
            new EnqueueResult(
                EnqueueOutcome.BufferFull,
                3,
                4,
                BackpressureSignal.SlowDown(TimeSpan.FromMilliseconds(55)),
                12_345_678_901
            ),
            new ConfigurePipeline("logs", settings),
            new PlanLimits("logs", settings),
            new GetGlobalUtilization("logs"),
            new GetStagesWithData("logs"),
            new GetSnapshot("logs"),
            new StopPipeline("logs", TimeSpan.FromSeconds(30) + TimeSpan.FromTicks(1)),
            new Flush("logs"),
            new CancelWait("logs", "parse", "nginx", Wait),
            GetPipelines.Instance,
            new ConfigureStage("logs", "parse", settings.Stage),
            new BufferForStage("logs", "parse", "nginx", Record(1), Grant)
            {
                AckLevel = AckLevel.Persisted,
                Wait = Wait,
                Owner = actor,
            },
            new BufferBatchForStage("logs", "parse", "nginx", new[] { Record(1), Record(2) }, Grant)
            {
                AckLevel = AckLevel.Persisted,
                Wait = Wait,
                Owner = actor,
                Offer = new(Wait, 17) { FirstOpen = 15, IsRepeat = true },
            },
            new BufferPartsForStage("logs", "parse", "nginx", new[] { Record(1), Record(2), Record(3) }, [1, 2], 42),
            new GetBatch(
                "logs",
                "parse",
                new BatchRequest(64)
                {
                    Wait = true,
                    OneSource = true,
                    HeldLease = 16,
                    Consumer = "worker 3",
                    Timeout = TimeSpan.FromSeconds(9),
                }
            )
            {
                Wait = Wait,
                Owner = actor,
                MaxBytes = 96_000,
            },
            new Complete("logs", "parse", 17, [1, 5, 9_000_000_000]),
            new ReturnToBuffer("logs", "parse", 17, [1, 5], "the database was away", Charge: true),
            new DeadLetterRecords("logs", "parse", 17, [5], "not JSON"),
            HopThatWaits with
            {
                WaitForResults = false,
            },
            new Renew("logs", "parse", 17),
            new Abandon("logs", "parse", [17, 9_000_000_000], "the worker was killed"),
            new BeginAnew("logs", "parse", "the disk was away", HasFailed: true) { Owner = actor },
            new GetStageUtilization("logs", "parse"),
            new Peek("logs", "parse", 10),
            new GetDeadLetters("logs", "parse", 10),
            new ReplayDeadLetters("logs", "parse", 10),
            new PurgeDeadLetters("logs", "parse", 10),
            new RequestCredits(
                "logs",
                "parse",
                "nginx",
                100,
                TimeSpan.FromSeconds(5),
                BytesPerRecord: 512,
                WaitForRoom: true
            )
            {
                Wait = Wait,
                Owner = actor,
            },
            new GiveBackCredits("logs", Grant),
            new GetAvailableCredits("logs", "parse", "nginx"),
            new GetSignal("logs", "nginx"),
            new Explain("logs", "nginx"),
            new SubscribeSignals("logs", "nginx", actor),
            new UnsubscribeSignals("logs", "nginx", actor),
            new SignalChanged("logs", "nginx", BackpressureSignal.Pause),
            new SignalsEnded("logs", "nginx"),
            new PlaceHold("logs", HoldTarget.Stage, "store"),
            new LiftHold("logs", HoldTarget.Stage, "parse"),
            new HoldChanged(true),
            new SetCheckpoint("logs", new Checkpoint("sink", "at 12,345")),
            new GetCheckpoint("logs", "sink"),
            new SetPosition("logs", "nginx", new SourcePosition(9_000_000_000, 123)),
            new GetPosition("logs", "nginx"),
            new CompleteWithCheckpoint("logs", "parse", 17, [1, 5], new Checkpoint("sink", "at 3")),
            Stored.Instance,
            new CheckpointIs("at 12,345"),
            new PositionIs(new SourcePosition(9_000_000_000, 123)),
            Configured.Instance,
            new Offered(Offer),
            new PartsOffered(
                42,
                [Offer, Offer with { Status = OfferStatus.Draining }],
                new Failed(Problem.Crashed, "it fell over", "records")
            ),
            new Leased(new LeasedBatch(17, "parse", Then, [Buffered(1), Buffered(2)])),
            new Settled(new SettleResult(SettleStatus.LeaseExpired, 3, 2, 1)),
            new Granted(Grant),
            new Count(12_345_678_901),
            new Fill(0.625),
            new NameList(["parse", "store"]),
            new SignalIs(BackpressureSignal.SlowDown(TimeSpan.FromMilliseconds(55))),
            new Explained([
                new BackpressureReason(
                    "stage parse",
                    900,
                    1_000,
                    0.9,
                    TimeSpan.FromSeconds(3),
                    OutLease,
                    TimeSpan.FromSeconds(7)
                )
                {
                    ByOperator = byOperator,
                    UsedBytes = 123_456,
                    OfBytes = 1 << 20,
                },
            ]),
            new Peeked([Buffered(1), Buffered(2)]),
            new DeadLetterList([new DeadLetter<ConveyorRecord>(Buffered(1), LossReason.Rejected, "not JSON", Then)]),
            new LimitsPlanned(
                new LimitChange(
                    [
                        new LimitChangeRow("manager", 900, 500, 100, 300)
                        {
                            UsedBytes = 123_456,
                            NewLimitBytes = 100_000,
                        },
                    ],
                    ["nginx", "cron"]
                )
            ),
            Taken(letterBytes, byOperator ? settings : null, hasBudget ? new(301, 302, 303) : null),
            new PipelineStopped(
                new StopReport(100, 20, new Dictionary<string, long> { ["parse"] = 15, ["store"] = 5 }, IsDurable: true)
            ),
            new Flushed(IsWritten: true),
            new WaitCancelled(Wait),
            new BegunAnew(3, 2),
            new LinkControl(Wait, LinkStep.Opened, 96_000) { Received = 41 },
            new LinkFrame(Wait, 7, 5, new byte[] { 1, 2, 3 }, More: true),
            new Failed(Problem.ArgumentOutOfRange, "max is 0; it must be at least 1.", "max"),
        ];

    static Hop HopThatWaits => new("logs", "parse", 17, [1, 5], "store", new[] { Record(1), Record(2) });

    static SnapshotTaken Taken(long letterBytes, BufferSettings? settings, SourceBudget? budget) =>
        new(
            new PipelineSnapshot(
                "logs",
                Level(100),
                [new StageSnapshot("parse", Level(200), [OutLease], 5, 6, 7, 8) { DeadLetterBytes = letterBytes }],
                [new SourceSnapshot("nginx", Level(300), BackpressureSignal.Pause, 77) { Budget = budget }],
                [new LossRow("parse", "nginx", LossReason.DroppedOldest, 9)],
                "Draining"
            )
            {
                Holds = settings is null ? [] : [new OperatorHold(HoldTarget.Stage, "parse", Then)],
                Settings = settings,
            }
        );

    static Guid Wait { get; } = new("00112233-4455-6677-8899-aabbccddeeff");

    static CreditGrant Grant { get; } = new(5, "parse", "nginx", 64, Then);

    static OfferResult Offer { get; } =
        new(OfferStatus.SourceFull, 3, 4, 5, BackpressureSignal.SlowDown(TimeSpan.FromMilliseconds(55)), 12_345_678_901)
        {
            IsUnwritten = true,
        };

    static LeaseSnapshot OutLease { get; } = new(17, "worker 3", 64, TimeSpan.FromSeconds(2), Then);

    static BufferSettings SettingsV2 => Settings with { Stage = Settings.Stage with { MaxDeadLetterBytes = null } };

    static BufferSettings Settings { get; } =
        new()
        {
            MaxTotalRecords = 1_000,
            MaxPerStage = 500,
            MaxPerSource = 250,
            MaxTotalBytes = 10_000_000_000,
            MaxBytesPerStage = 5_000_000_000,
            MaxBytesPerSource = 2_500_000_000,
            BackpressureThreshold = 0.9,
            LowWatermark = 0.4,
            IdleAfter = TimeSpan.FromMinutes(7),
            Stage = new StageSettings
            {
                FullMode = FullMode.DropNewest,
                LeaseOrder = LeaseOrder.Shared,
                LeaseTimeout = TimeSpan.FromSeconds(11),
                MaxRetries = 6,
                Backoff = new BackoffSettings
                {
                    First = TimeSpan.FromMilliseconds(20),
                    Max = TimeSpan.FromSeconds(3),
                    Factor = 1.5,
                    Jitter = 0.1,
                },
                TimeToLive = TimeSpan.FromHours(1),
                MaxDeadLetters = 99,
                MaxDeadLetterBytes = 9_900,
                Quantum = 8,
                Duplicates = new DuplicateWindow { Count = 1_234, Time = TimeSpan.FromMinutes(2) },
            },
        };

    static ConveyorRecord Record(int number) =>
        new($"id-{number}", new byte[] { 0, 1, 0xFE, (byte)number })
        {
            Key = $"key {number}",
            EventTime = Then + TimeSpan.FromTicks(number),
            Position = new(1_000 + number, 10 + number),
            Headers = new Dictionary<string, string> { ["content-type"] = "text/plain", ["straße"] = "ß 漢 🚚" },
        };

    static BufferedRecord<ConveyorRecord> Buffered(int number) =>
        new(Record(number), "nginx", "logs", "parse", Then.AddSeconds(number), 2, 1_000 + number);

    static LevelSnapshot Level(int from) =>
        new()
        {
            Limit = from + 1,
            LimitBytes = from + 2,
            Buffered = from + 3,
            PendingBytes = from + 4,
            InFlight = from + 5,
            Granted = from + 6,
            Used = from + 7,
            Hopping = from + 8,
            Stored = from + 21,
            Offered = from + 9,
            Accepted = from + 10,
            Refused = from + 11,
            Completed = from + 12,
            Dropped = from + 13,
            Expired = from + 14,
            DeadLettered = from + 15,
            Retries = from + 16,
            OldestAge = TimeSpan.FromTicks(from + 17),
            MeanWait = TimeSpan.FromTicks(from + 18),
            MeanFill = from + 0.19,
            Fill = from + 0.20,
        };
}
