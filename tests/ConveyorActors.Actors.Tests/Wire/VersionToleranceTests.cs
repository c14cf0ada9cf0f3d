using System.Runtime.Serialization;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace ConveyorActors.Actors.Tests.Wire;

public sealed class VersionToleranceTests(WireSystem wire) : IClassFixture<WireSystem>
{
    public static TheoryData<string> Names => WireSystem.Names;

    WireBytes Taken(string name) => new(name, wire.BytesOf(name));

    [Theory, MemberData(nameof(Names))]
    public void Fields_that_a_newer_peer_adds_are_ignored(string name)
    {
        var bytes = Taken(name).WithUnknownFields();
        Assert.True(bytes.Length > wire.BytesOf(name).Length + 40, "the unknown fields are not there");
        Same.Check(wire.Example(name), wire.Serializer.FromBinary(bytes, wire.ManifestOf(name)));
    }

    [Theory, MemberData(nameof(Names))]
    public void A_missing_field_is_an_absent_value_or_is_named(string name)
    {
        foreach (var (field, bytes) in Taken(name).WithoutEachField())
        {
            try
            {
                wire.Serializer.FromBinary(bytes, wire.ManifestOf(name));
            }
            catch (SerializationException refused)
            {
                // A missing number or text is 0 or empty, and refused as that where it cannot be.
                var wrong = field.FieldType switch
                {
                    FieldType.Int32 => "0",
                    FieldType.String when field.Name != "subscriber" => "empty",
                    _ => "missing",
                };
                Assert.Contains(
                    $"{field.PropertyName} is {wrong}",
                    refused.Message,
                    StringComparison.OrdinalIgnoreCase
                );
            }
        }
    }

    [Theory]
    [InlineData("Enqueue", "record")]
    [InlineData("Enqueue", "target")]
    [InlineData("Offered", "result")]
    [InlineData("Leased", "batch")]
    [InlineData("SubscribeSignals", "subscriber")]
    [InlineData("GiveBackCredits", "grant")]
    [InlineData("EnqueueResult", "status")]
    [InlineData("EnqueueResult", "signal")]
    [InlineData("Failed", "problem")]
    public void Required_members_of_a_message_are_never_made_up(string name, string field)
    {
        var bytes = Taken(name)
            .WithoutEachField()
            .Single(f => f.Field.Name == field && f.Field.ContainingType.Name == name)
            .Bytes;
        wire.Unreadable(bytes, wire.ManifestOf(name));
    }

    [Fact]
    public void Settings_that_older_bytes_lack_have_their_defaults()
    {
        var example = ((ConfigurePipeline)wire.Example(nameof(ConfigurePipeline))).Settings;
        var checkedSettings = new List<string>();
        foreach (
            var (field, bytes) in Taken(nameof(ConfigurePipeline))
                .WithoutEachField()
                .Where(f => f.Field.ContainingType.Name != nameof(ConfigurePipeline))
        )
        {
            var read = ((ConfigurePipeline)wire.Serializer.FromBinary(bytes, "configure")).Settings;
            Assert.Equal(WithDefault(example, field), read);
            Assert.NotEqual(example, read);
            checkedSettings.Add($"{field.ContainingType.Name}.{field.Name}");
        }
        // Each setting of each kind was among them.
        Type[] kinds =
        [
            typeof(BufferSettings),
            typeof(StageSettings),
            typeof(BackoffSettings),
            typeof(DuplicateWindow),
        ];
        Assert.Equal(kinds.Sum(k => Members.Given(k).Count()), checkedSettings.Count);
    }

    static BufferSettings WithDefault(BufferSettings settings, FieldDescriptor field) =>
        field.ContainingType.Name switch
        {
            nameof(BufferSettings) => With(settings, field),
            nameof(StageSettings) => settings with { Stage = With(settings.Stage, field) },
            nameof(BackoffSettings) => settings with
            {
                Stage = settings.Stage with { Backoff = With(settings.Stage.Backoff, field) },
            },
            nameof(DuplicateWindow) => settings with
            {
                Stage = settings.Stage with { Duplicates = With(settings.Stage.Duplicates!, field) },
            },
            var other => throw new NotSupportedException($"What are the defaults of {other}?"),
        };

    static T With<T>(T settings, FieldDescriptor field)
        where T : class, new()
    {
        var name = field.PropertyName.Replace("100Ns", "", StringComparison.Ordinal);
        // The low watermark's default depends on the threshold: it is what a copy that never had one says.
        if (settings is BufferSettings { } buffer && name == nameof(BufferSettings.LowWatermark))
            return (T)
                (object)
                    new BufferSettings
                    {
                        MaxTotalRecords = buffer.MaxTotalRecords,
                        MaxPerStage = buffer.MaxPerStage,
                        MaxPerSource = buffer.MaxPerSource,
                        MaxTotalBytes = buffer.MaxTotalBytes,
                        MaxBytesPerStage = buffer.MaxBytesPerStage,
                        MaxBytesPerSource = buffer.MaxBytesPerSource,
                        BackpressureThreshold = buffer.BackpressureThreshold,
                        Stage = buffer.Stage,
                        IdleAfter = buffer.IdleAfter,
                    };
        var property =
            typeof(T).GetProperty(name)
            ?? throw new InvalidOperationException($"{field.FullName} is no setting's name.");
        return (T)Members.With(settings, property, property.GetValue(new T()))!;
    }

    [Fact]
    public void Settings_without_any_field_are_the_defaults()
    {
        var stage = (ConfigureStage)
            wire.Serializer.FromBinary([0x0A, 0x01, (byte)'p', 0x12, 0x01, (byte)'s', 0x1A, 0x00], "configure-stage");
        Assert.Equal(new StageSettings(), stage.Settings);
        var pipeline = (ConfigurePipeline)wire.Serializer.FromBinary([0x0A, 0x01, (byte)'p', 0x12, 0x00], "configure");
        Assert.Equal(new BufferSettings(), pipeline.Settings);
    }

    [Theory, MemberData(nameof(Names))]
    public void An_enum_value_of_a_newer_version_is_refused_by_name(string name)
    {
        foreach (var (field, bytes) in Taken(name).WithEachEnumUnknown())
        {
            var refused = wire.Unreadable(bytes, wire.ManifestOf(name));
            Assert.Contains($"{field.PropertyName} is 99", refused.Message, StringComparison.Ordinal);
            Assert.Contains("the peer may be newer", refused.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(
        "ConfigurePipeline",
        "settings.max_per_stage",
        0,
        "MaxPerStage is 0; it must be from 1 to 2,000,000,000 records."
    )]
    [InlineData("ConfigurePipeline", "settings.max_total_bytes", 0L, "MaxTotalBytes is 0; it must be at least 1 byte")]
    [InlineData("ConfigurePipeline", "settings.low_watermark", 0.0, "LowWatermark is 0; it must be above 0")]
    [InlineData(
        "ConfigurePipeline",
        "settings.backpressure_threshold",
        double.NaN,
        "BackpressureThreshold is NaN; it must be above 0 and at most 1."
    )]
    [InlineData("PlanLimits", "settings.stage.quantum", -3, "Quantum is -3; it must be from 1 to 1,000,000 records.")]
    [InlineData(
        "ConfigureStage",
        "settings.lease_timeout_100ns",
        0L,
        "LeaseTimeout is 00:00:00; it must be from 1 ms to 10,675,199 days (TimeSpan.MaxValue), or infinite"
    )]
    [InlineData("ConfigureStage", "settings.backoff.jitter", 2.0, "Backoff.Jitter is 2; it must be from 0 to 1.")]
    [InlineData(
        "ConfigureStage",
        "settings.duplicates.count",
        0,
        "Duplicates.Count is 0; it must be from 1 to 100,000,000 ids."
    )]
    [InlineData("Enqueue", "target.stage", "", "stage is empty; it must be a name of 1 to 200 characters")]
    [InlineData(
        "Enqueue",
        "record.event_time.offset_minutes",
        841,
        "EventTime.OffsetMinutes is 841; it must be from -840 to 840."
    )]
    [InlineData(
        "Enqueue",
        "record.event_time.unix_100ns",
        long.MaxValue,
        "EventTime.Unix100Ns is 9223372036854775807; it must be a moment of the years 1 to 9999."
    )]
    [InlineData(
        "Leased",
        "batch.deadline.unix_100ns",
        long.MinValue,
        "Deadline.Unix100Ns is -9223372036854775808; it must be a moment of the years 1 to 9999."
    )]
    [InlineData("SignalIs", "signal.delay_ms", 0, "Signal.DelayMs is 0; it must be from 1 to 86,400,000.")]
    [InlineData(
        "Offered",
        "result.signal.delay_ms",
        86_400_001,
        "Signal.DelayMs is 86400001; it must be from 1 to 86,400,000."
    )]
    [InlineData("GetBatch", "owner", "nobody at all", "Owner is 'nobody at all'; it must be an actor's path.")]
    [InlineData("GetBatch", "owner", "", "Owner is missing.")]
    public void A_value_out_of_its_range_is_refused_by_name(string name, string path, object value, string message)
    {
        var refused = wire.Unreadable(Taken(name).With(path, value), wire.ManifestOf(name));
        Assert.Contains($"'{wire.ManifestOf(name)}'", refused.Message, StringComparison.Ordinal);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wait_that_is_not_a_guid_is_refused_by_name()
    {
        var refused = wire.Unreadable(
            Taken(nameof(WaitCancelled)).With("wait", ByteString.CopyFrom(1, 2, 3)),
            "wait-cancelled"
        );
        Assert.Contains(
            "Wait is 3 bytes long; it must be a Guid of 16 bytes.",
            refused.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Numbers_that_an_actor_checks_are_left_to_the_actor()
    {
        // It answers Failed, where a message that cannot be read is answered by nobody.
        var request = (GetBatch)wire.Serializer.FromBinary(Taken(nameof(GetBatch)).With("request.max", 0), "lease");
        Assert.Equal(0, request.Request.Max);
    }

    [Fact]
    public void A_message_of_a_newer_version_is_refused_with_the_list_of_known_messages()
    {
        var refused = wire.Unreadable([1, 2, 3], "teleport");
        Assert.Contains("'teleport'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("the peer may be newer", refused.Message, StringComparison.Ordinal);
        Assert.All(
            wire.All,
            m => Assert.Contains(wire.Serializer.Manifest(m), refused.Message, StringComparison.Ordinal)
        );
        Assert.Throws<SerializationException>(() => wire.Serializer.FromBinary([], (string)null!));
        // The name of a type is no manifest: types may be renamed.
        Assert.Throws<SerializationException>(() => wire.Serializer.FromBinary([], typeof(Configured)));
    }
}
