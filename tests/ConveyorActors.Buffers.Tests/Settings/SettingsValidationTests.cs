namespace ConveyorActors.Buffers.Tests.Settings;

public sealed class SettingsValidationTests
{
    /// <summary>
    /// The setting, its value as the message shows it, its range as the message words it, and how to set it.
    /// </summary>
    public static TheoryData<string, string, string, Func<object>> Nonsense =>
        new()
        {
            {
                "MaxTotalRecords",
                "0",
                "from 1 to 2,000,000,000 records",
                () =>
                    new BufferSettings { MaxTotalRecords = 0 }
            },
            {
                "MaxTotalRecords",
                "2000000001",
                "from 1 to 2,000,000,000 records",
                () =>
                    new BufferSettings { MaxTotalRecords = 2_000_000_001 }
            },
            {
                "MaxPerStage",
                "-1",
                "from 1 to 2,000,000,000 records",
                () =>
                    new BufferSettings { MaxPerStage = -1 }
            },
            {
                "MaxPerSource",
                "0",
                "from 1 to 2,000,000,000 records",
                () =>
                    new BufferSettings { MaxPerSource = 0 }
            },
            {
                "MaxTotalBytes",
                "0",
                "at least 1 byte, or null",
                () =>
                    new BufferSettings { MaxTotalBytes = 0 }
            },
            {
                "MaxBytesPerStage",
                "-5",
                "at least 1 byte, or null",
                () =>
                    new BufferSettings { MaxBytesPerStage = -5 }
            },
            {
                "MaxBytesPerSource",
                "0",
                "at least 1 byte, or null",
                () =>
                    new BufferSettings { MaxBytesPerSource = 0 }
            },
            {
                "BackpressureThreshold",
                "0",
                "above 0 and at most 1",
                () =>
                    new BufferSettings { BackpressureThreshold = 0 }
            },
            {
                "BackpressureThreshold",
                "1.1",
                "above 0 and at most 1",
                () =>
                    new BufferSettings { BackpressureThreshold = 1.1 }
            },
            {
                "BackpressureThreshold",
                "NaN",
                "above 0 and at most 1",
                () =>
                    new BufferSettings { BackpressureThreshold = double.NaN }
            },
            {
                "LowWatermark",
                "0",
                "above 0 and below BackpressureThreshold",
                () =>
                    new BufferSettings { LowWatermark = 0 }
            },
            {
                "LowWatermark",
                "1",
                "above 0 and below BackpressureThreshold",
                () =>
                    new BufferSettings { LowWatermark = 1 }
            },
            {
                "LowWatermark",
                "0.9",
                "must be the lower one",
                () => new BufferSettings { LowWatermark = 0.9 }.Validate()
            },
            {
                "Stage",
                "null",
                "must be a StageSettings",
                () =>
                    new BufferSettings { Stage = null! }
            },
            {
                "IdleAfter",
                "00:00:00",
                "from 1 ms to 10,675,199 days (TimeSpan.MaxValue), or infinite (Timeout.InfiniteTimeSpan)",
                () =>
                    new BufferSettings { IdleAfter = TimeSpan.Zero }
            },
            {
                "IdleAfter",
                "00:00:00.0000001",
                "from 1 ms to 10,675,199 days (TimeSpan.MaxValue), or infinite (Timeout.InfiniteTimeSpan)",
                () =>
                    new BufferSettings { IdleAfter = TimeSpan.FromTicks(1) }
            },
            {
                "FullMode",
                "9",
                "Reject, Wait, DropOldest or DropNewest",
                () =>
                    new StageSettings { FullMode = (FullMode)9 }
            },
            {
                "LeaseOrder",
                "9",
                "OneLeasePerSource or Shared",
                () =>
                    new StageSettings { LeaseOrder = (LeaseOrder)9 }
            },
            {
                "LeaseTimeout",
                "-00:00:01",
                "from 1 ms to 10,675,199 days (TimeSpan.MaxValue), or infinite (Timeout.InfiniteTimeSpan)",
                () =>
                    new StageSettings { LeaseTimeout = TimeSpan.FromSeconds(-1) }
            },
            {
                "MaxRetries",
                "-1",
                "from 0 to 1,000,000",
                () =>
                    new StageSettings { MaxRetries = -1 }
            },
            {
                "MaxRetries",
                "1000001",
                "from 0 to 1,000,000",
                () =>
                    new StageSettings { MaxRetries = 1_000_001 }
            },
            {
                "Backoff",
                "null",
                "must be a BackoffSettings",
                () =>
                    new StageSettings { Backoff = null! }
            },
            {
                "TimeToLive",
                "00:00:00",
                "from 1 ms to 10,675,199 days (TimeSpan.MaxValue), or infinite (Timeout.InfiniteTimeSpan)",
                () =>
                    new StageSettings { TimeToLive = TimeSpan.Zero }
            },
            {
                "MaxDeadLetters",
                "-1",
                "from 0 to 2,000,000,000",
                () =>
                    new StageSettings { MaxDeadLetters = -1 }
            },
            {
                "MaxDeadLetterBytes",
                "-1",
                "at least 0 bytes, or null",
                () =>
                    new StageSettings { MaxDeadLetterBytes = -1 }
            },
            {
                "Quantum",
                "0",
                "from 1 to 1,000,000 records",
                () =>
                    new StageSettings { Quantum = 0 }
            },
            {
                "Backoff.First",
                "-00:00:01",
                "from 0 to 10,675,199 days (TimeSpan.MaxValue)",
                () =>
                    new BackoffSettings { First = TimeSpan.FromSeconds(-1) }
            },
            {
                "Backoff.Max",
                "infinite",
                "from 0 to 10,675,199 days (TimeSpan.MaxValue)",
                () =>
                    new BackoffSettings { Max = Timeout.InfiniteTimeSpan }
            },
            {
                "Backoff.Factor",
                "0.5",
                "from 1 to 100",
                () =>
                    new BackoffSettings { Factor = 0.5 }
            },
            {
                "Backoff.Factor",
                "NaN",
                "from 1 to 100",
                () =>
                    new BackoffSettings { Factor = double.NaN }
            },
            {
                "Backoff.Jitter",
                "1.5",
                "from 0 to 1",
                () =>
                    new BackoffSettings { Jitter = 1.5 }
            },
            {
                "Duplicates.Count",
                "0",
                "from 1 to 100,000,000 ids",
                () =>
                    new DuplicateWindow { Count = 0 }
            },
            {
                "Time",
                "00:00:00",
                "from 1 ms to 10,675,199 days (TimeSpan.MaxValue), or infinite (Timeout.InfiniteTimeSpan)",
                () =>
                    new DuplicateWindow { Time = TimeSpan.Zero }
            },
            {
                "PipelineId",
                "empty",
                "1 to 200 characters",
                () =>
                    new BufferManagerOptions<int> { PipelineId = "" }
            },
            {
                "stage",
                "'a?b' with the control character U+000A",
                "1 to 200 characters",
                () => new BufferManager<int>().BufferForStage("a\nb", "web", 1)
            },
            {
                "source",
                "201 characters long",
                "1 to 200 characters",
                () => new BufferManager<int>().BufferForStage("parse", new('x', 201), 1)
            },
        };

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void An_invalid_value_is_refused_with_its_setting_and_its_range(
        string setting,
        string value,
        string range,
        Func<object> set
    )
    {
        var refused = Assert.ThrowsAny<ArgumentException>(() => set());
        Assert.Contains($"{setting} is {value}", refused.Message, StringComparison.Ordinal);
        Assert.Contains(range, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_bounds_of_every_range_are_included()
    {
        _ = new BufferSettings
        {
            MaxTotalRecords = 1,
            MaxPerStage = 2_000_000_000,
            MaxPerSource = 1,
            MaxTotalBytes = 1,
            MaxBytesPerStage = long.MaxValue,
            MaxBytesPerSource = null,
            BackpressureThreshold = 1,
            LowWatermark = 0.999,
            IdleAfter = TimeSpan.FromMilliseconds(1),
        }.Validate();
        _ = new StageSettings
        {
            LeaseTimeout = TimeSpan.FromMilliseconds(1),
            MaxRetries = 0,
            TimeToLive = TimeSpan.MaxValue,
            MaxDeadLetters = 0,
            MaxDeadLetterBytes = 0,
            Quantum = 1_000_000,
            Backoff = new()
            {
                First = TimeSpan.Zero,
                Max = TimeSpan.MaxValue,
                Factor = 1,
                Jitter = 0,
            },
            Duplicates = new() { Count = 100_000_000 },
        };
    }

    [Fact]
    public void The_defaults_are_those_of_the_contract()
    {
        var settings = new BufferSettings();
        Assert.Equal((100_000, 10_000, 5_000), (settings.MaxTotalRecords, settings.MaxPerStage, settings.MaxPerSource));
        Assert.Equal(0.8, settings.BackpressureThreshold);
        Assert.Equal(0.6, settings.LowWatermark, 12);
        Assert.Equal(
            (FullMode.Reject, LeaseOrder.OneLeasePerSource, 3),
            (settings.Stage.FullMode, settings.Stage.LeaseOrder, settings.Stage.MaxRetries)
        );
    }

    [Fact]
    public void Bounded_bytes_need_sizes_and_suppressed_duplicates_need_ids()
    {
        var sizes = Assert.Throws<ArgumentException>(() => new BufferManager<int>(new() { MaxBytesPerSource = 1 }));
        Assert.Contains("SizeOf", sizes.Message, StringComparison.Ordinal);
        var ids = Assert.Throws<ArgumentException>(() =>
            new BufferManager<int>(new() { Stage = new() { Duplicates = new() } })
        );
        Assert.Contains("IdOf", ids.Message, StringComparison.Ordinal);
    }
}
