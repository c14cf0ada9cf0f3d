using System.Collections;
using System.Runtime.Serialization;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests.Wire;

public sealed class RoundTripTests(WireSystem wire) : IClassFixture<WireSystem>
{
    public static TheoryData<string> Names => WireSystem.Names;

    [Theory, MemberData(nameof(Names))]
    public void Every_message_is_unchanged_after_a_round_trip(string name) =>
        Same.Check(wire.Example(name), wire.RoundTrip(wire.Example(name)));

    [Theory, MemberData(nameof(Names))]
    public void No_example_leaves_a_member_at_its_default(string name) =>
        Assert.Empty(Defaults(wire.Example(name), name));

    /// <summary>
    /// Each member in turn is null, empty, zero, every value of its enum, and as far out as its type goes.
    /// </summary>
    [Theory, MemberData(nameof(Names))]
    public void Every_member_survives_its_extreme_values(string name)
    {
        foreach (var (path, variant) in Variants.Allowed(wire.Example(name), name))
            if (Same.Difference(variant, wire.RoundTrip(variant), name) is { } difference)
                Assert.Fail($"{path} at an extreme: {difference}");
    }

    [Fact]
    public void The_extreme_values_cover_every_kind_of_member()
    {
        var paths = wire.All.SelectMany(m => Variants.Allowed(m, m.GetType().Name)).Select(v => v.Path).ToHashSet();
        string[] some =
        [
            "Enqueue.Record.Key",
            "Enqueue.Record.EventTime",
            "Enqueue.Record.Payload",
            "Enqueue.Record.Headers",
            "EnqueueBatch.Records[0].Id",
            "Complete.Sequences",
            "BufferForStage.Owner",
            "BufferForStage.Wait",
            "BufferForStage.Credits.ExpiresAt",
            "GetBatch.Request.Timeout",
            "ConfigurePipeline.Settings.Stage.Backoff.Factor",
            "ConfigurePipeline.Settings.Stage.FullMode",
            "Leased.Batch.Records[0].Record.Id",
            "SnapshotTaken.Snapshot.Stages[0].Leases[0].Consumer",
            "SnapshotTaken.Snapshot.Total.LimitBytes",
            "Explained.Reasons[0].OwedBy",
            "EnqueueResult.Signal",
            "Fill.Value",
            "PartsOffered.Failure",
            "PipelineStopped.Report.RemainingByStage",
        ];
        Assert.Equal([], some.Except(paths));
    }

    [Theory, MemberData(nameof(Names))]
    public void Disallowed_nulls_and_undefined_enum_values_are_refused_by_name(string name)
    {
        foreach (var (path, variant) in Variants.Forbidden(wire.Example(name), name))
        {
            var refused = Assert.Throws<SerializationException>(() => wire.Serializer.ToBinary(variant));
            Assert.Contains($"'{wire.ManifestOf(name)}'", refused.Message, StringComparison.Ordinal);
            Assert.Contains(path[(path.LastIndexOf('.') + 1)..], refused.Message, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public void Two_messages_never_share_a_manifest() =>
        Assert.Equal(
            WireSystem.Types.Count,
            wire.All.Select(wire.Serializer.Manifest).Distinct(StringComparer.Ordinal).Count()
        );

    [Fact]
    public void Manifests_are_short() =>
        Assert.All(wire.All, m => Assert.InRange(wire.Serializer.Manifest(m).Length, 1, 20));

    [Fact]
    public void Messages_without_content_are_read_as_the_single_instance()
    {
        Assert.Same(Configured.Instance, wire.RoundTrip(new Configured()));
        Assert.Same(GetPipelines.Instance, wire.RoundTrip(new GetPipelines()));
    }

    [Fact]
    public void All_sequences_and_no_sequences_are_distinguished()
    {
        Assert.Null(((Complete)wire.RoundTrip(new Complete("p", "s", 1, null))).Sequences);
        Assert.Empty(((Complete)wire.RoundTrip(new Complete("p", "s", 1, []))).Sequences!);
    }

    [Fact]
    public void A_low_watermark_that_follows_the_threshold_continues_to_follow_it()
    {
        var settings = new BufferSettings { BackpressureThreshold = 0.5 };
        var back = ((ConfigurePipeline)wire.RoundTrip(new ConfigurePipeline("p", settings))).Settings;
        Assert.Equal(settings, back);
        Assert.Equal(0.75, (back with { BackpressureThreshold = 1 }).LowWatermark);
    }

    [Fact]
    public void Default_settings_are_equal_after_a_round_trip() =>
        Assert.Equal(
            new BufferSettings(),
            ((ConfigurePipeline)wire.RoundTrip(new ConfigurePipeline("p", new BufferSettings()))).Settings
        );

    [Fact]
    public void A_record_without_headers_shares_the_single_empty_dictionary()
    {
        var record = (
            (Enqueue)wire.RoundTrip(new Enqueue(new BufferTarget("p", "s", "a"), new ConveyorRecord("", default)))
        ).Record;
        Assert.Same(new ConveyorRecord("", default).Headers, record.Headers);
    }

    [Fact]
    public void Nothing_but_messages_can_be_written()
    {
        var refused = Assert.Throws<SerializationException>(() => wire.Serializer.ToBinary("hello"));
        Assert.Contains("System.String", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Enqueue, EnqueueBatch", refused.Message, StringComparison.Ordinal);
        Assert.Throws<SerializationException>(() => wire.Serializer.Manifest("hello"));
    }

    [Fact]
    public void The_identifier_never_changes() => Assert.Equal(7041, wire.Serializer.Identifier);

    static IEnumerable<string> Defaults(object owner, string path)
    {
        var type = owner.GetType();
        // Settings, and what a message is not constructed with, have defaults of their own.
        var isSettings = type.IsValueType || type.GetConstructor(Type.EmptyTypes) is not null;
        var (standard, given) = isSettings ? (Activator.CreateInstance(type), []) : ConstructedLike(owner);
        foreach (var property in Members.Given(type))
        {
            var (value, at) = (property.GetValue(owner), $"{path}.{property.Name}");
            var usual =
                standard is null || given.Contains(property.Name)
                    ? property.PropertyType.IsValueType
                        ? Activator.CreateInstance(property.PropertyType)
                        : null
                    : property.GetValue(standard);
            var isDefault =
                value is null or ""
                || value.Equals(usual)
                || value is ReadOnlyMemory<byte> { IsEmpty: true } or ReadOnlyMemory<ConveyorRecord> { IsEmpty: true }
                || value is IEnumerable list && !list.Cast<object>().Any();
            if (isDefault)
                yield return at;
            else
                foreach (
                    var inner in Elements(value!)
                        .Where(e => Members.IsComposite(e.GetType()))
                        .SelectMany(e => Defaults(e, at))
                )
                    yield return inner;
        }
    }

    /// <summary>The same message as its constructor makes it, and the members that the constructor was given.</summary>
    static (object? Standard, string[] Given) ConstructedLike(object owner)
    {
        var type = owner.GetType();
        var constructor = type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).FirstOrDefault();
        var properties = constructor?.GetParameters().Select(p => type.GetProperty(p.Name!)).ToArray();
        if (properties is null || properties.Contains(null))
            return (null, []);
        return (
            constructor!.Invoke([.. properties.Select(p => p!.GetValue(owner))]),
            [.. properties.Select(p => p!.Name)]
        );
    }

    static IEnumerable<object> Elements(object value) =>
        value switch
        {
            ReadOnlyMemory<ConveyorRecord> records => records.ToArray(),
            string text => [text],
            IEnumerable list => list.Cast<object>(),
            _ => [value],
        };
}
