using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Persistence.Format;
using ConveyorActors.Persistence.Model;
using ConveyorActors.Persistence.Writing;
using Event = ConveyorActors.Buffers.Stores.StageEvent<ConveyorActors.Buffers.ConveyorRecord>;

namespace ConveyorActors.Persistence.Tests.Format;

/// <summary>
/// Bytes that versions of this project have written to journals: <c>Stored/v1.txt</c>, one line for each example: name,
/// manifest, bytes in hex. A line that is there is never changed or removed. For a new change or field add an example,
/// and run the tests once with CONVEYOR_JOURNAL_WRITE=v1 (or the next version): that adds what is missing.
/// </summary>
public sealed class StoredBytesTests
{
    static readonly JournalSerializer Serializer = new(null!);

    static readonly Claim ClaimOf3 = new(
        3,
        new("00112233-4455-6677-8899-aabbccddeeff"),
        "process 17 on web-2",
        TimeSpan.FromSeconds(60)
    );

    static readonly ConveyorRecord Full = new("id-1", new byte[] { 0, 1, 0xFE })
    {
        Key = "key",
        EventTime = new(2031, 5, 17, 13, 14, 15, TimeSpan.FromMinutes(330)),
        Position = new(1_000, 10),
        Headers = new Dictionary<string, string> { ["straße"] = "ß 漢 🚚", ["half"] = "cut \uD83D" },
    };

    static readonly ConveyorRecord Bare = new("", default);

    static readonly Guid Client = new("11223344-5566-7788-99aa-bbccddeeff00");

    /// <summary>Every change there is, in one unit or another.</summary>
    static readonly StoreEntry<ConveyorRecord>[][] Units =
    [
        [
            new("parse", new Event.Buffered("nginx", 1, [Full, Bare], [3, 0], 5)),
            new("parse", new Event.Remembered("id-1", 5, new() { Count = 100, Time = TimeSpan.FromMinutes(1) })),
        ],
        [
            new("parse", new Event.Settled("nginx", [1], false)),
            new("store", new Event.Buffered("nginx", 7, [Full], [3], 6)),
            new("store", new Event.Parked("nginx", 4, [Bare], [0], 6, 2)),
        ],
        [new("parse", new Event.Returned("nginx", [2], "the database was away", 1_000))],
        [new("store", new Event.Unparked("nginx", 4, 1)), new("store", new Event.Expired("nginx", [7]))],
        [
            new(
                "parse",
                new Event.DeadLettered("nginx", 2, LossReason.Rejected, "not JSON", 9)
                {
                    Letter = new(Bare, "nginx", "p", "parse", DateTimeOffset.FromUnixTimeMilliseconds(1_005), 1, 2),
                    Kept = 1,
                }
            ),
        ],
        [
            new("parse", new Event.DeadLettersRemoved(1) { AreDiscarded = false }),
            new("parse", new Event.Buffered("nginx", 3, [Bare], [0], 10)),
        ],
        [
            new("parse", new Event.Refused("cron", [(LossReason.StageFull, 4), (LossReason.StoreFailing, 2)])),
            new("", new Event.CheckpointSet(new("sink", "42"))),
            new("", new Event.Positioned("cron", new(7, 8))),
        ],
        [
            new("parse", new Event.Settled("nginx", [3], true)),
            new("parse", new Event.SourceRemoved("cron")),
            new("parse", new Event.Settled("nginx", [9, 12, 10], false)),
        ],
        // Since v2:
        [
            new("parse", new Event.Buffered("nginx", 4, [Bare], [0], 11)),
            new(
                "parse",
                new Event.Offered(new(Client, 300, OfferStatus.SourceFull, 1, 2, 3, IsComplete: true, 11), 299)
            ),
            new("parse", new Event.Offered(new(Client, 301, OfferStatus.Accepted, 1, 1, 0, IsComplete: false, 12), 0)),
        ],
    ];

    const int UnitsOfV1 = 8;

    static IEnumerable<(string Name, object Message)> Examples()
    {
        yield return ("claim", new EpochClaimed(ClaimOf3));
        yield return ("identity", new JournalNamed(Client));
        var model = new PipelineModel("p") { Claim = ClaimOf3 };
        for (var i = 0; i < Units.Length; i++)
        {
            yield return (
                $"unit-{i + 1}",
                new EventBuilder(1 << 20).Build(3, i + 1, [new Unit(Units[i], 0)], 1_000, out _)[0]
            );
            model.Apply(Units[i], 1_000);
            yield return ($"image-{i + 1}", new PipelineSnapshotBytes(ImageCodec.Write(model.Capture())));
        }
        yield return (
            "all-units",
            new EventBuilder(1 << 20).Build(3, 1, [.. Units.Take(UnitsOfV1).Select(u => new Unit(u, 0))], 1_000, out _)[
                0
            ]
        );
    }

    [Fact]
    public void Bytes_of_every_version_keep_their_meaning()
    {
        var lines = Lines();
        Assert.NotEmpty(lines);
        foreach (var (name, manifest, bytes) in lines)
        {
            var expected = Examples().Single(e => e.Name == name).Message;
            Assert.Equal(Shown(expected), Shown(Serializer.FromBinary(bytes, manifest)));
        }
    }

    [Fact]
    public void The_stored_bytes_include_the_current_form()
    {
        var stored = Lines().Select(l => (l.Name, Convert.ToHexString(l.Bytes))).ToHashSet();
        var missing = Examples()
            .Where(e => !stored.Contains((e.Name, Convert.ToHexString(Serializer.ToBinary(e.Message)))))
            .ToList();
        if (Environment.GetEnvironmentVariable("CONVEYOR_JOURNAL_WRITE") is { Length: > 0 } version)
            File.AppendAllLines(
                Path.Combine(Folder, $"{version}.txt"),
                missing.Select(m =>
                    $"{m.Name} {Serializer.Manifest(m.Message)} {Convert.ToHexStringLower(Serializer.ToBinary(m.Message))}"
                )
            );
        else
            Assert.True(
                missing.Count == 0,
                $"No stored bytes of {string.Join(", ", missing.Select(m => m.Name))}: new, or written differently. The summary of this class says what to do."
            );
    }

    [Fact]
    public void Units_that_are_read_add_up_to_the_written_ones()
    {
        var (written, replay) = (new PipelineModel("p") { Claim = ClaimOf3 }, new JournalReplay("conveyor-p", "p"));
        replay.Apply(1, new EpochClaimed(ClaimOf3));
        foreach (var unit in Units)
            written.Apply(unit, 1_000);
        // Events of hardly any size: each unit is alone, and some are cut into parts.
        var number = 1;
        for (var at = 0; at < Units.Length; )
        {
            foreach (
                var part in new EventBuilder(64 + 40).Build(
                    3,
                    at + 1,
                    [.. Units.Skip(at).Select(u => new Unit(u, 0))],
                    1_000,
                    out var count
                )
            )
            {
                Assert.InRange(part.Body.Length, 1, 40);
                replay.Apply(++number, part);
                if (part.Count > 0)
                    at += count;
            }
        }
        replay.Complete(number);
        Assert.Equal(Shown(written), Shown(replay.Model));
        Assert.Equal(written.LiveBytes, replay.Model.LiveBytes);
        var restored = new PipelineModel("p");
        restored.Restore(ImageCodec.Read(ImageCodec.Write(written.Capture()), "p"));
        Assert.Equal(Shown(written), Shown(restored));
        Assert.Equal(written.LiveBytes, restored.LiveBytes);
    }

    [Fact]
    public void Damaged_or_later_bytes_are_refused_with_the_reason_and_never_crash()
    {
        var random = new Random(7);
        foreach (var (_, message) in Examples())
        {
            var (bytes, manifest) = (Serializer.ToBinary(message), Serializer.Manifest(message));
            for (var i = 0; i < 300; i++)
            {
                var damaged = bytes.ToArray();
                if (i % 3 == 0)
                    damaged = damaged[..random.Next(damaged.Length)];
                else
                    damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
                try
                {
                    var replay = new JournalReplay("conveyor-p", "p");
                    replay.Apply(1, new EpochClaimed(ClaimOf3));
                    switch (Serializer.FromBinary(damaged, manifest))
                    {
                        case PipelineSnapshotBytes image:
                            replay.Restore(1, image);
                            break;
                        case IPipelineEvent e:
                            replay.Apply(2, e);
                            break;
                    }
                }
                catch (Exception refused)
                    when (refused is JournalException or System.Runtime.Serialization.SerializationException)
                {
                    Assert.NotEmpty(refused.Message);
                }
            }
        }
        var unknown = Assert.Throws<System.Runtime.Serialization.SerializationException>(() =>
            Serializer.FromBinary([1], "later")
        );
        Assert.Contains(
            "'later' of 1 bytes in a pipeline's journal cannot be read: the kind is not known",
            unknown.Message,
            StringComparison.Ordinal
        );
    }

    static string Shown(object message) =>
        message switch
        {
            EpochClaimed or JournalNamed => $"{message}",
            PipelineSnapshotBytes image => Shown(Restored(image)),
            UnitsWritten units =>
                $"{units.Epoch} {units.FirstUnit} {units.Count} {units.Part} {Convert.ToHexString(units.Body.Span)} {Shown(Applied(units))}",
            PipelineModel model => Shown(model.ToImage(0), model),
            _ => throw new InvalidOperationException(message.GetType().Name),
        };

    static PipelineModel Restored(PipelineSnapshotBytes image)
    {
        var model = new PipelineModel("p");
        model.Restore(ImageCodec.Read(image.Image.Span, "p"));
        return model;
    }

    static PipelineModel Applied(UnitsWritten units)
    {
        var replay = new JournalReplay("conveyor-p", "p");
        replay.Model.LastUnit = units.FirstUnit - 1;
        replay.Apply(1, new EpochClaimed(ClaimOf3));
        replay.Apply(2, units);
        return replay.Model;
    }

    static string Shown(PipelineImage<ConveyorRecord> image, PipelineModel model)
    {
        var lines = new List<string> { $"{model.Claim} {model.LastUnit}" };
        lines.AddRange(image.Checkpoints.Select(n => $"checkpoint {n.Key} {n.Value}"));
        lines.AddRange(image.Positions.Select(p => $"position {p.Key} {p.Value}"));
        lines.AddRange(image.Offers.Select(o => $"offer {o}"));
        foreach (var s in image.Stages)
        {
            lines.Add(
                $"stage {s.Stage} {s.LastSequence} {s.LastParking} {s.Depth} {s.DeadLettersDiscarded} {Shown(s.Retired)}"
            );
            lines.AddRange(s.Sources.Select(l => $"line {l.Source} {l.Pending} {l.SleepsUntil} {Shown(l.Totals)}"));
            lines.AddRange(s.Parked.Select(p => $"parked {Shown(p)}"));
            lines.AddRange(
                s.DeadLetters.Select(d => $"dead {d.Record} {Shown(d.Record.Record)} {d.Reason} {d.LastError} {d.At:O}")
            );
            lines.AddRange(s.Remembered.Select(r => $"seen {r}"));
            lines.AddRange(
                model
                    .GetBacklog()
                    .Where(b => b.Key.Stage == s.Stage)
                    .SelectMany(b => b.Value)
                    .Order()
                    .Select(n => $"record {Shown(model.Find(s.Stage, n, 0)!.Value)}")
            );
        }
        return string.Join('\n', lines);
    }

    static string Shown(SourceTotals totals) =>
        $"{totals.Completed} {totals.Retries} {string.Join(',', totals.Losses)}";

    static string Shown(StoredRecord<ConveyorRecord> r) =>
        $"{r.Source} {r.Sequence} {r.BufferedAt} {r.Retries} {r.Bytes} {Shown(r.Record)}";

    static string Shown(ConveyorRecord r) =>
        $"{r.Id} {Convert.ToHexString(r.Payload.Span)} {r.Key} {r.EventTime:O} {r.Position} {string.Join(';', r.Headers.OrderBy(h => h.Key).Select(h => $"{h.Key}={string.Join('.', h.Value.Select(c => (int)c))}"))}";

    static List<(string Name, string Manifest, byte[] Bytes)> Lines() =>
        [
            .. Directory
                .GetFiles(Folder, "*.txt")
                .Order(StringComparer.Ordinal)
                .SelectMany(File.ReadAllLines)
                .Select(line => line.Split(' '))
                .Select(p => (p[0], p[1], Convert.FromHexString(p[2]))),
        ];

    static string Folder
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
                if (File.Exists(Path.Combine(folder.FullName, "ConveyorActors.sln")))
                    return Path.Combine(
                        folder.FullName,
                        "tests",
                        "ConveyorActors.Persistence.Tests",
                        "Format",
                        "Stored"
                    );
            throw new InvalidOperationException($"No ConveyorActors.sln above {AppContext.BaseDirectory}.");
        }
    }
}
