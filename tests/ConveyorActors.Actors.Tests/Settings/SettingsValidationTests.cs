using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Tests.Settings;

/// <summary>Settings made in code are held to the same ranges as those that are read.</summary>
public class SettingsValidationTests
{
    public static TheoryData<Func<object>, string, string, string> Nonsense() =>
        new()
        {
            {
                () =>
                    new BufferActorSettings { Count = 0 },
                "Count",
                "0",
                "from 1 to 1,024 buffers"
            },
            {
                () =>
                    new BufferActorSettings { Count = 1_025 },
                "Count",
                "1025",
                "from 1 to 1,024 buffers"
            },
            {
                () =>
                    new BufferActorSettings { Capacity = 0 },
                "Capacity",
                "0",
                "from 1 to 67,108,864 records"
            },
            {
                () =>
                    new BufferActorSettings { Capacity = 67_108_865 },
                "Capacity",
                "67108865",
                "from 1 to 67,108,864 records"
            },
            {
                () =>
                    new BufferActorSettings { BatchSize = 0 },
                "BatchSize",
                "0",
                "from 1 to 67,108,864 records"
            },
            {
                () =>
                    new BufferActorSettings { BatchAge = TimeSpan.Zero },
                "BatchAge",
                "00:00:00",
                "from 1 ms to one hour"
            },
            {
                () =>
                    new BufferActorSettings { BatchAge = TimeSpan.FromMinutes(61) },
                "BatchAge",
                "01:01:00",
                "from 1 ms to one hour"
            },
            {
                () =>
                    new JournalSettings { MaxEventBytes = 4_095 },
                "MaxEventBytes",
                "4095",
                "from 4 KiB to 1 MiB"
            },
            {
                () =>
                    new JournalSettings { MaxUnwrittenBytes = 65_535 },
                "MaxUnwrittenBytes",
                "65535",
                "from 64 KiB to 1 GiB"
            },
            {
                () =>
                    new JournalSettings { SnapshotAfter = (1L << 30) + 1 },
                "SnapshotAfter",
                "1073741825",
                "from 4 KiB to 1 GiB"
            },
            {
                () =>
                    new JournalSettings { RefuseAfter = TimeSpan.Zero },
                "RefuseAfter",
                "00:00:00",
                "from 1 ms to one hour"
            },
            {
                () =>
                    new JournalSettings { ReopenAfter = TimeSpan.FromMinutes(61) },
                "ReopenAfter",
                "01:01:00",
                "from 1 ms to one hour"
            },
            {
                () =>
                    new JournalSettings { DeleteAfter = TimeSpan.Zero },
                "DeleteAfter",
                "00:00:00",
                "from 1 ms to one hour"
            },
            {
                () =>
                    new ConveyorSettings { AskTimeout = TimeSpan.Zero },
                "AskTimeout",
                "00:00:00",
                "from 1 ms to one day"
            },
            {
                () =>
                    new ConveyorSettings { StopDeadline = TimeSpan.FromDays(2) },
                "StopDeadline",
                "2.00:00:00",
                "from 1 ms to one day"
            },
        };

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void An_invalid_value_is_refused_when_set_with_its_name_and_its_range(
        Func<object> set,
        string name,
        string value,
        string range
    )
    {
        var refusal = Assert.Throws<ArgumentOutOfRangeException>(set);
        Assert.Equal(name, refusal.ParamName);
        Assert.StartsWith($"{name} is {value}; it must be {range}.", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(null)]
    public void A_dispatcher_without_a_name_is_refused(string? dispatcher) =>
        Assert.StartsWith(
            "Dispatcher is empty; it must be",
            Assert.Throws<ArgumentException>(() => new BufferActorSettings { Dispatcher = dispatcher! }).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void A_missing_block_is_refused()
    {
        Assert.Throws<ArgumentNullException>("Retry", () => new BufferActorSettings { Retry = null! });
        Assert.Throws<ArgumentNullException>("Retry", () => new JournalSettings { Retry = null! });
        Assert.Throws<ArgumentNullException>("Journal", () => new ConveyorSettings { Journal = null! });
        Assert.Throws<ArgumentNullException>("Buffers", () => new ConveyorSettings { Buffers = null! });
        Assert.Throws<ArgumentNullException>("BufferActors", () => new ConveyorSettings { BufferActors = null! });
        Assert.Throws<ArgumentNullException>("Pipelines", () => new ConveyorSettings { Pipelines = null! });
    }

    [Fact]
    public void A_batch_that_no_buffer_could_hold_is_refused_with_both_values()
    {
        var refusal = Assert.Throws<ArgumentException>(() =>
            new ConveyorSettings { BufferActors = new() { Capacity = 100 } }
        );
        Assert.Equal("BatchSize is 256 and Capacity is 100; BatchSize must not be the larger one.", refusal.Message);
    }

    [Fact]
    public void Watermarks_in_the_wrong_order_are_refused_with_both_values()
    {
        var refusal = Assert.Throws<ArgumentException>(() =>
            new ConveyorSettings
            {
                Buffers = new() { BackpressureThreshold = 0.5, LowWatermark = 0.6 },
            }
        );
        Assert.Contains(
            "LowWatermark is 0.6 and BackpressureThreshold is 0.5",
            refusal.Message,
            StringComparison.Ordinal
        );
    }
}
