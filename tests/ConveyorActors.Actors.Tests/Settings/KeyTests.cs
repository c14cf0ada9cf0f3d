using Akka.Configuration;
using Akka.Configuration.Hocon;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests.Settings;

/// <summary>Every setting has its key, and every key its setting.</summary>
public class KeyTests
{
    /// <summary>For each key of a stage: a value that is not its default, and what it is read as.</summary>
    static readonly Dictionary<string, (string Text, object Read)> StageValues = new(StringComparer.Ordinal)
    {
        ["full-mode"] = ("drop-oldest", FullMode.DropOldest),
        ["lease-order"] = ("shared", LeaseOrder.Shared),
        ["lease-timeout"] = ("45 s", TimeSpan.FromSeconds(45)),
        ["max-retries"] = ("7", 7),
        ["backoff.first"] = ("1.5 s", TimeSpan.FromSeconds(1.5)),
        ["backoff.max"] = ("2 m", TimeSpan.FromMinutes(2)),
        ["backoff.factor"] = ("1.5", 1.5),
        ["backoff.jitter"] = ("0.5", 0.5),
        ["time-to-live"] = ("1 d", TimeSpan.FromDays(1)),
        ["max-dead-letters"] = ("11", 11),
        ["max-dead-letter-bytes"] = ("2 MiB", 2L << 20),
        ["quantum"] = ("5", 5),
        ["duplicates.enabled"] = ("on", true),
        ["duplicates.count"] = ("12", 12),
        ["duplicates.time"] = ("3 h", TimeSpan.FromHours(3)),
    };

    static readonly Dictionary<string, (string Text, object Read)> BufferValues = new(StringComparer.Ordinal)
    {
        ["max-total-records"] = ("1000", 1000),
        ["max-per-stage"] = ("100", 100),
        ["max-per-source"] = ("10", 10),
        ["max-total-bytes"] = ("64 MiB", 64L << 20),
        ["max-bytes-per-stage"] = ("1.5 GiB", 3L << 29),
        ["max-bytes-per-source"] = ("10 kB", 10_000L),
        ["backpressure-threshold"] = ("0.9", 0.9),
        ["low-watermark"] = ("0.5", 0.5),
        ["idle-after"] = ("1 h", TimeSpan.FromHours(1)),
    };

    static readonly Dictionary<string, (string Text, object Read)> CoreValues = new(StringComparer.Ordinal)
    {
        ["count"] = ("1023", 1023),
        ["capacity"] = ("300", 300),
        ["share"] = ("0.25", 0.25),
        ["batch-size"] = ("64", 64),
        ["batch-age"] = ("25 ms", TimeSpan.FromMilliseconds(25)),
        ["retry.first"] = ("0", TimeSpan.Zero),
        ["retry.max"] = ("1 s", TimeSpan.FromSeconds(1)),
        ["retry.factor"] = ("3", 3.0),
        ["retry.jitter"] = ("0", 0.0),
        ["dispatcher"] = ("akka.actor.default-dispatcher", "akka.actor.default-dispatcher"),
    };

    static readonly Dictionary<string, (string Text, object Read)> JournalValues = new(StringComparer.Ordinal)
    {
        ["plugin"] = ("a.b", "a.b"),
        ["snapshot-plugin"] = ("c.d", "c.d"),
        ["id-prefix"] = ("mine-", "mine-"),
        ["max-event-bytes"] = ("64 KiB", 64 << 10),
        ["max-unwritten-bytes"] = ("1 MiB", 1L << 20),
        ["snapshot-after"] = ("2 MiB", 2L << 20),
        ["refuse-after"] = ("7 s", TimeSpan.FromSeconds(7)),
        ["reopen-after"] = ("8 s", TimeSpan.FromSeconds(8)),
        ["delete-after"] = ("9 s", TimeSpan.FromSeconds(9)),
    };

    /// <summary>Each place a block of settings can stand in, with what is read from there.</summary>
    static readonly Dictionary<string, Func<ConveyorSettings, object>> Places = new(StringComparer.Ordinal)
    {
        ["conveyor.buffers"] = s => s.Buffers,
        ["conveyor.pipelines.\"a.b c\""] = s => s.GetPipeline("a.b c").Buffers,
        ["conveyor.buffers.stage"] = s => s.Buffers.Stage,
        ["conveyor.pipelines.orders.stage"] = s => s.GetPipeline("orders").Buffers.Stage,
        ["conveyor.pipelines.orders.stages.\"d.e f\""] = s =>
            s.GetPipeline("orders").Stages.TryGetValue("d.e f", out var own)
                ? own
                : s.GetPipeline("orders").Buffers.Stage,
        ["conveyor.buffer-actors"] = s => s.BufferActors,
        ["conveyor.journal"] = s => s.Journal,
    };

    public static TheoryData<string, string> EveryKeyInEveryPlace()
    {
        var data = new TheoryData<string, string>();
        foreach (var place in Places.Keys)
        foreach (var key in Flattened.KeysOf(Places[place](new ConveyorSettings()).GetType()))
            data.Add(place, key);
        return data;
    }

    [Theory]
    [MemberData(nameof(EveryKeyInEveryPlace))]
    public void Every_property_is_set_by_its_key_and_by_no_other(string place, string key)
    {
        var (text, expected) = Value(key);
        var rest =
            key.Contains("duplicates.", StringComparison.Ordinal) && !key.EndsWith(".enabled", StringComparison.Ordinal)
                ? $"{place}.{key[..key.LastIndexOf('.')]}.enabled = on"
                : "";
        var before = Flattened.Of(Places[place](Read(rest)));
        var after = Flattened.Of(Places[place](Read($"{rest}\n{place}.{key} = {text}")));

        Assert.NotEqual(expected, before[key]);
        Assert.Equal(expected, after[key]);
        var changed = after
            .Keys.Where(k => !before.TryGetValue(k, out var old) || !Equals(old, after[k]))
            .ToHashSet(StringComparer.Ordinal);
        if (key == "backpressure-threshold")
            changed.Remove("low-watermark"); // Follows the threshold while it is auto.
        if (key.EndsWith("duplicates.enabled", StringComparison.Ordinal))
            changed.RemoveWhere(k => !before.ContainsKey(k)); // What is off has no window.
        Assert.Equal([key], changed);
    }

    [Fact]
    public void The_keys_next_to_the_blocks_set_their_options()
    {
        Assert.Equal(TimeSpan.FromSeconds(1), Read("conveyor.ask-timeout = 1 s").AskTimeout);
        Assert.Equal(TimeSpan.FromMinutes(2), Read("conveyor.stop-deadline = 2 m").StopDeadline);
        Assert.False(Read("conveyor.coordinated-shutdown = off").RunByCoordinatedShutdown);
        Assert.Equal((false, true), (Read("").KeepsRecords, Read("conveyor.persistence = on").KeepsRecords));
        Assert.Equal(new("a.b", DispatcherSettings.Own), Dispatchers("conveyor.dispatchers.pipelines = a.b"));
        Assert.Equal(new(DispatcherSettings.Own, "a.b"), Dispatchers("conveyor.dispatchers.stages = a.b"));

        var wire = Read(
            "conveyor.wire { max-batch-bytes = 64 KiB, max-message-bytes = 1 MiB, resend-interval = 2 s, give-up-after = 1 m }"
        ).Wire;
        Assert.Equal(
            new()
            {
                MaxBatchBytes = 64 << 10,
                MaxMessageBytes = 1 << 20,
                ResendInterval = TimeSpan.FromSeconds(2),
                GiveUpAfter = TimeSpan.FromMinutes(1),
            },
            wire
        );
        Assert.Equal(new WireSettings(), Read("").Wire);

        static (string, string) Dispatchers(string hocon) =>
            (Read(hocon).Dispatchers.Pipelines, Read(hocon).Dispatchers.Stages);
    }

    [Fact]
    public void Sources_have_their_budgets_over_the_cluster_by_name()
    {
        var cluster = Read(
            "conveyor.cluster { enabled = on, grant-expiry = 3 s, sources { web.max-records = 10000\n \"a.b c\" { max-records = 1 } } }"
        ).Cluster;
        Assert.Equal(
            [("a.b c", 1), ("web", 10_000)],
            cluster.SourceBudgets.OrderBy(b => b.Value).Select(b => (b.Key, b.Value))
        );
        Assert.Equal(TimeSpan.FromSeconds(3), cluster.GrantExpiry);
        Assert.Equal(
            (0, TimeSpan.FromSeconds(20)),
            (Read("").Cluster.SourceBudgets.Count, Read("").Cluster.GrantExpiry)
        );
    }

    [Theory]
    [InlineData(
        "enabled = on, sources.web.max-records = 0",
        "conveyor.cluster.sources.web.max-records is '0'; it must be a whole number from 1 to 2,000,000,000."
    )]
    [InlineData(
        "enabled = on, sources.\"a.b\" { }",
        "conveyor.cluster.sources.\"a.b\".max-records is missing; it must be a whole number from 1 to 2,000,000,000."
    )]
    [InlineData(
        "enabled = on, sources.web.max-record = 5",
        "conveyor.cluster.sources.web.max-record is not a known key; the nearest one is conveyor.cluster.sources.web.max-records."
    )]
    [InlineData("enabled = on, sources = 5", "conveyor.cluster.sources is '5'; it must be a block, { ... }.")]
    [InlineData(
        "sources.web.max-records = 5",
        "conveyor.cluster.sources has a budget for 'web', and conveyor.cluster.enabled is off; a budget over the cluster needs conveyor.cluster.enabled = on."
    )]
    [InlineData(
        "grant-expiry = 999 ms",
        "conveyor.cluster.grant-expiry is '999 ms'; it must be a duration from 1 s to one hour, such as 20 s."
    )]
    public void A_budget_that_cannot_be_enforced_is_refused_by_name(string hocon, string message) =>
        Assert.Equal(
            message,
            Assert.Throws<ConfigurationException>(() => Read($"conveyor.cluster {{ {hocon} }}")).Message
        );

    [Fact]
    public void The_reference_file_has_every_key_and_no_other()
    {
        string[] expected =
        [
            .. Flattened.KeysOf(typeof(BufferSettings), "buffers."),
            .. Flattened.KeysOf(typeof(BufferActorSettings), "buffer-actors."),
            .. Flattened.KeysOf(typeof(JournalSettings), "journal."),
            "persistence",
            "cluster.enabled",
            "cluster.shards",
            "cluster.role",
            "cluster.passivate-after",
            "cluster.locate-interval",
            "cluster.sources",
            "cluster.grant-expiry",
            "wire.max-batch-bytes",
            "wire.max-message-bytes",
            "wire.resend-interval",
            "wire.give-up-after",
            "pipelines",
            "dispatchers.pipelines",
            "dispatchers.stages",
            "ask-timeout",
            "stop-deadline",
            "coordinated-shutdown",
        ];
        var block = ConveyorSettings.ReferenceConfig.Root.GetChildObject("conveyor");
        var actual = Leaves(block).Where(key => !key.Contains("-dispatcher.", StringComparison.Ordinal));
        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("full-mode", "reject", FullMode.Reject)]
    [InlineData("full-mode", "wait", FullMode.Wait)]
    [InlineData("full-mode", "drop-oldest", FullMode.DropOldest)]
    [InlineData("full-mode", "drop-newest", FullMode.DropNewest)]
    [InlineData("lease-order", "one-lease-per-source", LeaseOrder.OneLeasePerSource)]
    [InlineData("lease-order", "shared", LeaseOrder.Shared)]
    public void Rules_are_named_in_kebab_case(string key, string text, object expected) =>
        Assert.Equal(expected, Flattened.Of(Read($"conveyor.buffers.stage.{key} = {text}").Buffers.Stage)[key]);

    [Theory]
    [InlineData("max-total-bytes", "1 MiB")]
    [InlineData("max-bytes-per-stage", "1 MiB")]
    [InlineData("max-bytes-per-source", "1 MiB")]
    [InlineData("stage.time-to-live", "1 m")]
    public void Off_in_a_pipeline_removes_a_common_limit(string key, string limit)
    {
        var settings = Read($"conveyor.buffers.{key} = {limit}\nconveyor.pipelines.orders.{key} = off");
        Assert.NotNull(Flattened.Of(settings.Buffers)[key]);
        Assert.Null(Flattened.Of(settings.GetPipeline("orders").Buffers)[key]);
    }

    static (string Text, object Read) Value(string key)
    {
        var bare = key.StartsWith("stage.", StringComparison.Ordinal) ? key["stage.".Length..] : key;
        foreach (var values in new[] { StageValues, BufferValues, CoreValues, JournalValues })
            if (values.TryGetValue(bare, out var value))
                return value;
        throw new InvalidOperationException(
            $"{key} is the key of a property without a value in this test: give the key to the reader, the reference file and the test."
        );
    }

    static IEnumerable<string> Leaves(HoconValue block, string path = "") =>
        block
            .GetObject()
            .Items.SelectMany(item =>
                item.Value is { IsEmpty: false } value && value.IsObject()
                    ? Leaves(value, $"{path}{item.Key}.")
                    : [path + item.Key]
            );

    static ConveyorSettings Read(string hocon) => ConveyorSettings.FromConfig(ConfigurationFactory.ParseString(hocon));
}
