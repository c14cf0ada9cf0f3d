using System.Globalization;
using System.Reflection;
using Akka.Configuration;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Tests.Settings;

public class WrongValueTests
{
    const string Records = "a whole number from 1 to 2,000,000,000";
    const string Lasting = "infinite or a duration from 1 ms to 10,675,199 d, such as 30 s";
    const string OneDay = "a duration from 1 ms to one day, such as 30 s";
    const string OneHour = "a duration from 1 ms to one hour, such as 10 ms";
    const string Size = "off or a size of at least 1 byte, such as 64 MiB";
    const string Wait = "a duration from 0 to 10,675,199 d, such as 100 ms";

    /// <summary>
    /// For each key: what it must be, values at the ends of its range, and values just beyond them or of another kind.
    /// </summary>
    public static TheoryData<string, string, string[], string[]> Keys() =>
        new()
        {
            {
                "buffers.max-total-records",
                Records,
                ["1", "2000000000"],
                ["0", "2000000001", "ten", "1.5", "1e3", "99999999999", "10 records"]
            },
            { "buffers.max-per-stage", Records, ["1", "2000000000"], ["0", "2000000001", "-1", "\"1,000\"", "\"\""] },
            { "buffers.max-per-source", Records, ["1", "2000000000"], ["0", "2000000001"] },
            {
                "buffers.max-total-bytes",
                Size,
                ["off", "1", "1 b", "9223372036854775807"],
                ["0", "-1", "on", "64 mib", "9223372036854775808", "8 EiB", "20 EiB", "0.5 b", "MiB", "1.5"]
            },
            { "buffers.max-bytes-per-stage", Size, ["off", "1", "7 EiB"], ["0", "0 MiB", "none", "\"\""] },
            { "buffers.max-bytes-per-source", Size, ["off", "1"], ["0", "1 MiB 2"] },
            {
                "buffers.backpressure-threshold",
                "a number above 0 and at most 1",
                ["0.001", "1"],
                ["0", "1.001", "80%", "\"\"", "NaN", "\"0,8\"", "-0.5"]
            },
            {
                "buffers.low-watermark",
                "auto or a number above 0 and below backpressure-threshold",
                ["auto", "0.001", "0.799"],
                ["0", "1", "off", "NaN"]
            },
            {
                "buffers.idle-after",
                Lasting,
                ["1 ms", "4015 d", "10675199 d", "infinite"],
                [
                    "0",
                    "0.9 ms",
                    "10675200 d",
                    "10",
                    "off",
                    "Infinite",
                    "\"\"",
                    "-5 s",
                    "10 parsecs",
                    "1e300 d",
                    "99999999999 d",
                    "s",
                ]
            },
            {
                "buffers.stage.full-mode",
                "reject, wait, drop-oldest or drop-newest",
                ["wait"],
                ["drop", "\"\"", "Reject", "DropOldest", "0"]
            },
            { "buffers.stage.lease-order", "one-lease-per-source or shared", ["shared"], ["one", "1"] },
            {
                "buffers.stage.lease-timeout",
                Lasting,
                ["1 ms", "50 d", "10675199 d", "infinite"],
                ["0", "10675200 d", "30"]
            },
            {
                "buffers.stage.max-retries",
                "a whole number from 0 to 1,000,000",
                ["0", "1000000"],
                ["-1", "1000001", "never"]
            },
            { "buffers.stage.backoff.first", Wait, ["0", "0 s", "10675199 d"], ["-1 s", "10675200 d", "100"] },
            { "buffers.stage.backoff.max", Wait, ["0", "10675199 d"], ["-1 s", "10675200 d"] },
            {
                "buffers.stage.backoff.factor",
                "a number from 1 to 100",
                ["1", "100"],
                ["0.99", "100.01", "NaN", "two"]
            },
            { "buffers.stage.backoff.jitter", "a number from 0 to 1", ["0", "1"], ["-0.01", "1.01", "NaN"] },
            {
                "buffers.stage.time-to-live",
                "off or a duration from 1 ms to 10,675,199 d, such as 30 s",
                ["off", "1 ms", "10675199 d"],
                ["0", "10675200 d", "on"]
            },
            {
                "buffers.stage.max-dead-letters",
                "a whole number from 0 to 2,000,000,000",
                ["0", "2000000000"],
                ["-1", "2000000001"]
            },
            {
                "buffers.stage.max-dead-letter-bytes",
                "auto or a size of at least 0 bytes, such as 64 MiB",
                ["auto", "0", "1 MiB"],
                ["-1", "off", "\"\""]
            },
            { "buffers.stage.quantum", "a whole number from 1 to 1,000,000", ["1", "1000000"], ["0", "1000001"] },
            {
                "buffers.stage.duplicates.enabled",
                "on or off",
                ["on", "off", "true", "false", "yes", "no"],
                ["On", "1", "maybe", "\"\""]
            },
            {
                "buffers.stage.duplicates.count",
                "a whole number from 1 to 100,000,000",
                ["1", "100000000"],
                ["0", "100000001"]
            },
            { "buffers.stage.duplicates.time", Lasting, ["1 ms", "10675199 d", "infinite"], ["0", "10675200 d"] },
            {
                "buffer-actors.count",
                "auto or a whole number from 1 to 1,024",
                ["auto", "1", "1024"],
                ["0", "1025", "many"]
            },
            { "buffer-actors.capacity", "a whole number from 1 to 67,108,864", ["256", "67108864"], ["0", "67108865"] },
            {
                "buffer-actors.share",
                "a number above 0 and at most 1",
                ["0.001", "1"],
                ["0", "1.001", "-0.5", "NaN", "50%"]
            },
            { "buffer-actors.batch-size", "a whole number from 1 to 67,108,864", ["1", "16384"], ["0", "67108865"] },
            {
                "buffer-actors.batch-age",
                "a duration from 1 ms to one hour, such as 10 ms",
                ["1 ms", "1 h"],
                ["0", "61 m", "10"]
            },
            { "buffer-actors.retry.first", Wait, ["0", "10675199 d"], ["-1 s", "10675200 d"] },
            { "buffer-actors.retry.max", Wait, ["0", "10675199 d"], ["-1 s", "10675200 d"] },
            { "buffer-actors.retry.factor", "a number from 1 to 100", ["1", "100"], ["0.99", "100.01"] },
            { "buffer-actors.retry.jitter", "a number from 0 to 1", ["0", "1"], ["-0.01", "1.01"] },
            {
                "buffer-actors.dispatcher",
                "the path of a dispatcher's block in the configuration",
                ["x"],
                ["\"\"", "\" \""]
            },
            { "persistence", "on or off", ["on", "off"], ["sql", "1"] },
            {
                "journal.plugin",
                "auto or the path of a journal plugin's block in the configuration",
                ["auto", "a.b"],
                ["\"\""]
            },
            {
                "journal.snapshot-plugin",
                "auto or the path of a snapshot store's block in the configuration",
                ["auto", "a.b"],
                ["\"\""]
            },
            { "journal.id-prefix", "a text", ["x"], ["\"\""] },
            { "journal.max-event-bytes", "a size from 4 KiB to 1 MiB", ["4 KiB", "1 MiB"], ["4095", "1048577", "off"] },
            { "journal.max-unwritten-bytes", "a size from 64 KiB to 1 GiB", ["64 KiB", "1 GiB"], ["65535", "2 GiB"] },
            { "journal.snapshot-after", "a size from 4 KiB to 1 GiB", ["4 KiB", "1 GiB"], ["4095", "2 GiB"] },
            { "journal.refuse-after", OneHour, ["1 ms", "1 h"], ["0", "61 m"] },
            { "journal.reopen-after", OneHour, ["1 ms", "1 h"], ["0", "61 m"] },
            { "journal.delete-after", OneHour, ["1 ms", "1 h"], ["0", "61 m"] },
            { "journal.retry.first", Wait, ["0", "10675199 d"], ["-1 s", "10675200 d"] },
            { "journal.retry.max", Wait, ["0", "10675199 d"], ["-1 s", "10675200 d"] },
            { "journal.retry.factor", "a number from 1 to 100", ["1", "100"], ["0.99", "100.01"] },
            { "journal.retry.jitter", "a number from 0 to 1", ["0", "1"], ["-0.01", "1.01"] },
            { "ask-timeout", OneDay, ["1 ms", "1 d"], ["0", "25 h", "10"] },
            { "stop-deadline", OneDay, ["1 ms", "1 d"], ["0", "25 h", "10"] },
            { "coordinated-shutdown", "on or off", ["on", "off"], ["enabled"] },
        };

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_wrong_value_is_refused_with_its_key_its_value_and_the_valid_range(
        string key,
        string must,
        string[] right,
        string[] wrong
    )
    {
        Assert.All(right, text => Read($"conveyor.{key} = {text}"));
        Assert.All(
            wrong,
            text =>
                Assert.Equal(
                    $"conveyor.{key} is '{text.Trim('"').Trim()}'; it must be {must}.",
                    Refusal($"conveyor.{key} = {text}")
                )
        );
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_value_that_is_not_a_scalar_is_refused_as_such(string key, string must, string[] right, string[] wrong)
    {
        Assert.NotEmpty(right.Concat(wrong));
        Assert.Equal($"conveyor.{key} is null; it must be {must}.", Refusal($"conveyor.{key} = null"));
        Assert.Equal($"conveyor.{key} is empty; it must be {must}.", Refusal($"conveyor.{key} = "));
        Assert.Equal($"conveyor.{key} is a list; it must be {must}.", Refusal($"conveyor.{key} = [1, 2]"));
        Assert.Equal($"conveyor.{key} is a block; it must be {must}.", Refusal($"conveyor.{key} {{ a = 1 }}"));
        Assert.Equal(
            $"conveyor.{key} is an optional substitution, ${{?...}}, which Akka.NET's HOCON does not know; it must be {must}.",
            Refusal($"conveyor.{key} = ${{?NOBODY_SET_THIS}}")
        );
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void An_option_refuses_the_same_numbers_as_its_setting(
        string key,
        string must,
        string[] right,
        string[] wrong
    )
    {
        Assert.NotEmpty(must);
        Assert.NotEmpty(right);
        var property = Flattened.PropertyOf(key);
        var type = property is null
            ? typeof(bool)
            : Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type.IsEnum || type == typeof(bool) || type == typeof(string))
            return;

        var numbers = wrong.Select(text => Number(text, type)).OfType<object>().ToList();
        Assert.NotEmpty(numbers);
        var settings = Activator.CreateInstance(property!.DeclaringType!)!;
        Assert.All(
            numbers,
            number =>
                Assert.IsType<ArgumentOutOfRangeException>(
                    Assert.Throws<TargetInvocationException>(() => property.SetValue(settings, number)).InnerException
                )
        );
    }

    /// <summary>
    /// The text as a number of the type, or null when it is none. Bare numbers that are no 0 are no durations.
    /// </summary>
    static object? Number(string text, Type type)
    {
        if (type == typeof(int))
            return int.TryParse(text, CultureInfo.InvariantCulture, out var whole) ? whole : null;
        if (type == typeof(long))
            return long.TryParse(text, CultureInfo.InvariantCulture, out var bytes) ? bytes : null;
        if (type == typeof(double))
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? number
                : null;
        var (amount, unit) = text.Split(' ') is [var first, var second] ? (first, second) : (text, "");
        if (
            !double.TryParse(amount, NumberStyles.Float, CultureInfo.InvariantCulture, out var length)
            || Math.Abs(length) > 10_000
        )
            return null;
        return unit switch
        {
            "" when length == 0 => TimeSpan.Zero,
            "ms" => TimeSpan.FromMilliseconds(length),
            "s" => TimeSpan.FromSeconds(length),
            "m" => TimeSpan.FromMinutes(length),
            "h" => TimeSpan.FromHours(length),
            "d" => TimeSpan.FromDays(length),
            _ => null,
        };
    }

    [Fact]
    public void Every_key_of_the_reference_file_is_among_these()
    {
        var reference = Flattened
            .KeysOf(typeof(Buffers.BufferSettings), "buffers.")
            .Concat(Flattened.KeysOf(typeof(BufferActorSettings), "buffer-actors."))
            .Concat(Flattened.KeysOf(typeof(JournalSettings), "journal."))
            .Concat(["persistence", "ask-timeout", "stop-deadline", "coordinated-shutdown"]);
        Assert.Equal(
            reference.Order(StringComparer.Ordinal),
            Keys().Select(row => (string)row[0]).Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData(
        """conveyor.pipelines.orders.max-per-stage = ten""",
        "conveyor.pipelines.orders.max-per-stage is 'ten'"
    )]
    [InlineData(
        """conveyor.pipelines."a.b c".max-per-stage = ten""",
        "conveyor.pipelines.\"a.b c\".max-per-stage is 'ten'"
    )]
    [InlineData(
        """conveyor.pipelines.orders.stage.backoff.first = soon""",
        "conveyor.pipelines.orders.stage.backoff.first is 'soon'"
    )]
    [InlineData(
        """conveyor.pipelines.orders.stages."d.e".duplicates.count = few""",
        "conveyor.pipelines.orders.stages.\"d.e\".duplicates.count is 'few'"
    )]
    [InlineData(
        """conveyor.buffers.stage.duplicates { enabled = off, count = few }""",
        "conveyor.buffers.stage.duplicates.count is 'few'"
    )]
    public void A_wrong_value_is_refused_at_every_position(string hocon, string says) =>
        Assert.StartsWith(says, Refusal(hocon), StringComparison.Ordinal);

    [Theory]
    [InlineData("conveyor = off", "conveyor is 'off'; it must be a block, { ... }.")]
    [InlineData("conveyor.buffers = 5", "conveyor.buffers is '5'; it must be a block, { ... }.")]
    [InlineData(
        "conveyor.buffers.stage.duplicates = on",
        "conveyor.buffers.stage.duplicates is 'on'; it must be a block, { ... }."
    )]
    [InlineData("conveyor.pipelines = [a]", "conveyor.pipelines is a list; it must be a block, { ... }.")]
    [InlineData("conveyor.pipelines.orders = null", "conveyor.pipelines.orders is null; it must be a block, { ... }.")]
    [InlineData(
        "conveyor.pipelines.orders.stages.mail = wait",
        "conveyor.pipelines.orders.stages.mail is 'wait'; it must be a block, { ... }."
    )]
    [InlineData(
        "conveyor.pipelines = ${?NOBODY}",
        "conveyor.pipelines is an optional substitution, ${?...}, which Akka.NET's HOCON does not know; it must be a block, { ... }."
    )]
    public void A_value_where_a_block_belongs_is_refused(string hocon, string says) =>
        Assert.Equal(says, Refusal(hocon));

    [Theory]
    [InlineData(
        "conveyor.buffers.low-watermark = 0.8",
        "conveyor.buffers.low-watermark is 0.8 and conveyor.buffers.backpressure-threshold is 0.8; low-watermark must be the lower one."
    )]
    [InlineData(
        "conveyor.buffers.low-watermark = 0.5\nconveyor.pipelines.orders.backpressure-threshold = 0.4",
        "conveyor.buffers.low-watermark is 0.5 and conveyor.pipelines.orders.backpressure-threshold is 0.4; low-watermark must be the lower one."
    )]
    [InlineData(
        "conveyor.buffer-actors.capacity = 100",
        "conveyor.buffer-actors.batch-size is 256 and conveyor.buffer-actors.capacity is 100; batch-size must not be the larger one."
    )]
    public void Values_that_contradict_each_other_are_refused_with_both(string hocon, string says) =>
        Assert.Equal(says, Refusal(hocon));

    [Fact]
    public void A_batch_may_be_as_large_as_a_buffer() =>
        Assert.Equal(100, Read("conveyor.buffer-actors { capacity = 100, batch-size = 100 }").BufferActors.BatchSize);

    [Fact]
    public void An_unreadable_name_is_refused()
    {
        var name = new string('x', 201);
        Assert.Equal(
            $"conveyor.pipelines.{name}: the pipeline's name is 201 characters long; it must be a name of 1 to 200 characters without control characters. (Parameter 'the pipeline's name')",
            Refusal($"conveyor.pipelines.{name}.max-per-stage = 1")
        );
        Assert.Contains(
            "the stage's name is 201 characters long",
            Refusal($"conveyor.pipelines.p.stages.{name}.quantum = 1"),
            StringComparison.Ordinal
        );
    }

    static ConveyorSettings Read(string hocon) => ConveyorSettings.FromConfig(ConfigurationFactory.ParseString(hocon));

    static string Refusal(string hocon) => Assert.Throws<ConfigurationException>(() => Read(hocon)).Message;
}
