namespace ConveyorActors.Buffers.Tests.Settings;

public class SettingsTests
{
    public static TheoryData<Func<object>, string, string, string> Nonsense() =>
        new()
        {
            {
                () =>
                    new BufferSettings { MaxTotalRecords = 0 },
                "MaxTotalRecords",
                "0",
                "from 1 to 2,000,000,000 records"
            },
            {
                () =>
                    new BufferSettings { MaxPerStage = -1 },
                "MaxPerStage",
                "-1",
                "from 1 to 2,000,000,000 records"
            },
            {
                () =>
                    new BufferSettings { MaxPerSource = 2_000_000_001 },
                "MaxPerSource",
                "2000000001",
                "from 1 to 2,000,000,000 records"
            },
            {
                () =>
                    new BufferSettings { MaxTotalBytes = 0 },
                "MaxTotalBytes",
                "0",
                "at least 1 byte"
            },
            {
                () =>
                    new BufferSettings { MaxBytesPerStage = -5 },
                "MaxBytesPerStage",
                "-5",
                "at least 1 byte"
            },
            {
                () =>
                    new BufferSettings { MaxBytesPerSource = 0 },
                "MaxBytesPerSource",
                "0",
                "at least 1 byte"
            },
            {
                () =>
                    new BufferSettings { BackpressureThreshold = 0 },
                "BackpressureThreshold",
                "0",
                "above 0 and at most 1"
            },
            {
                () =>
                    new BufferSettings { BackpressureThreshold = 1.1 },
                "BackpressureThreshold",
                "1.1",
                "above 0 and at most 1"
            },
            {
                () =>
                    new BufferSettings { BackpressureThreshold = double.NaN },
                "BackpressureThreshold",
                "NaN",
                "above 0 and at most 1"
            },
            {
                () =>
                    new BufferSettings { LowWatermark = 0 },
                "LowWatermark",
                "0",
                "above 0 and below BackpressureThreshold"
            },
            {
                () =>
                    new BufferSettings { IdleAfter = TimeSpan.Zero },
                "IdleAfter",
                "00:00:00",
                "from 1 ms to 10,675,199 days (TimeSpan.MaxValue), or infinite (Timeout.InfiniteTimeSpan)"
            },
            {
                () =>
                    new StageSettings { FullMode = (FullMode)9 },
                "FullMode",
                "9",
                "Reject, Wait, DropOldest or DropNewest"
            },
            {
                () =>
                    new StageSettings { LeaseOrder = (LeaseOrder)7 },
                "LeaseOrder",
                "7",
                "OneLeasePerSource or Shared"
            },
            {
                () =>
                    new StageSettings { LeaseTimeout = TimeSpan.Zero },
                "LeaseTimeout",
                "00:00:00",
                "from 1 ms to 10,675,199 days (TimeSpan.MaxValue), or infinite (Timeout.InfiniteTimeSpan)"
            },
            {
                () =>
                    new StageSettings { MaxRetries = -1 },
                "MaxRetries",
                "-1",
                "from 0 to 1,000,000"
            },
            {
                () =>
                    new StageSettings { TimeToLive = TimeSpan.FromSeconds(-1) },
                "TimeToLive",
                "-00:00:01",
                "from 1 ms to 10,675,199 days (TimeSpan.MaxValue), or infinite (Timeout.InfiniteTimeSpan)"
            },
            {
                () =>
                    new StageSettings { MaxDeadLetters = -1 },
                "MaxDeadLetters",
                "-1",
                "from 0 to 2,000,000,000"
            },
            {
                () =>
                    new StageSettings { MaxDeadLetterBytes = -1 },
                "MaxDeadLetterBytes",
                "-1",
                "at least 0 bytes, or null"
            },
            {
                () =>
                    new StageSettings { Quantum = 0 },
                "Quantum",
                "0",
                "from 1 to 1,000,000 records"
            },
            {
                () =>
                    new BackoffSettings { First = TimeSpan.FromSeconds(-1) },
                "First",
                "-00:00:01",
                "from 0 to 10,675,199 days (TimeSpan.MaxValue)"
            },
            {
                () =>
                    new BackoffSettings { Max = Timeout.InfiniteTimeSpan },
                "Max",
                "infinite",
                "from 0 to 10,675,199 days (TimeSpan.MaxValue)"
            },
            {
                () =>
                    new BackoffSettings { Factor = 0.5 },
                "Factor",
                "0.5",
                "from 1 to 100"
            },
            {
                () =>
                    new BackoffSettings { Jitter = 1.5 },
                "Jitter",
                "1.5",
                "from 0 to 1"
            },
            {
                () =>
                    new DuplicateWindow { Count = 0 },
                "Count",
                "0",
                "from 1 to 100,000,000 ids"
            },
            {
                () =>
                    new DuplicateWindow { Time = TimeSpan.Zero },
                "Time",
                "00:00:00",
                "from 1 ms to 10,675,199 days (TimeSpan.MaxValue), or infinite (Timeout.InfiniteTimeSpan)"
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
        Assert.Contains($"{name} is {value}", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(range, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.8, 0.8)]
    [InlineData(0.5, 0.6)]
    public void Watermarks_in_the_wrong_order_are_refused_with_both_values(double high, double low)
    {
        var refusal = Assert.Throws<ArgumentException>(() =>
            new BufferManager<int>(new() { BackpressureThreshold = high, LowWatermark = low })
        );
        Assert.Contains($"LowWatermark is {low}", refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"BackpressureThreshold is {high}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_low_watermark_follows_the_threshold_unless_it_is_set()
    {
        Assert.Equal(0.6, new BufferSettings().LowWatermark, precision: 9);
        Assert.Equal(0.3, new BufferSettings { BackpressureThreshold = 0.4 }.LowWatermark, precision: 9);
        Assert.Equal(
            0.1,
            new BufferSettings { BackpressureThreshold = 0.4, LowWatermark = 0.1 }.LowWatermark,
            precision: 9
        );
    }

    [Fact]
    public void Options_that_need_a_size_or_an_id_are_refused_if_records_have_none()
    {
        Assert.Contains(
            "SizeOf is null",
            Assert.Throws<ArgumentException>(() => new BufferManager<int>(new() { MaxTotalBytes = 1 })).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "IdOf is null",
            Assert
                .Throws<ArgumentException>(() => new BufferManager<int>(new() { Stage = new() { Duplicates = new() } }))
                .Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("a\nb", "control characters")]
    public async Task Unreadable_names_are_refused(string name, string why)
    {
        await using var manager = new BufferManager<int>();
        Assert.Contains(
            why,
            Assert.Throws<ArgumentException>(() => manager.BufferForStage(name, "kafka-1", 1)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            why,
            Assert.Throws<ArgumentException>(() => manager.BufferForStage("filter", name, 1)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "201 characters",
            Assert.Throws<ArgumentException>(() => manager.GetBatch(new string('x', 201), 1)).Message,
            StringComparison.Ordinal
        );
    }
}
