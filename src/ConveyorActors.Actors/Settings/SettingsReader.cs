using System.Collections.Frozen;
using System.Globalization;
using Akka.Configuration;

namespace ConveyorActors.Actors.Settings;

/// <summary>Reads the settings from their keys. The ranges are those of the settings themselves.</summary>
static class SettingsReader
{
    const int MaxRecords = 2_000_000_000;

    public static ConveyorSettings Read(Config config)
    {
        var conveyor = ConfigSection.At("conveyor", config, ConveyorSettings.ReferenceConfig);
        var buffers = conveyor.Block("buffers");
        var settings = new ConveyorSettings
        {
            Buffers = Buffers(buffers),
            Pipelines = conveyor
                .Named("pipelines", "the pipeline's name", buffers)
                .ToFrozenDictionary(p => p.Name, p => Pipeline(p.Section), StringComparer.Ordinal),
            BufferActors = BufferActors(conveyor.Block("buffer-actors")),
            Dispatchers = Dispatchers(conveyor.Block("dispatchers")),
            Wire = Wire(conveyor.Block("wire")),
            KeepsRecords = conveyor.Switch("persistence"),
            Journal = Journal(conveyor.Block("journal")),
            Cluster = Cluster(conveyor.Block("cluster")),
            AskTimeout = conveyor.Duration("ask-timeout", DurationRange.UpToOneDay),
            StopDeadline = conveyor.Duration("stop-deadline", DurationRange.UpToOneDay),
            RunByCoordinatedShutdown = conveyor.Switch("coordinated-shutdown"),
        };
        conveyor.Leave("buffer-actor-dispatcher");
        conveyor.Leave("pipeline-dispatcher");
        conveyor.RefuseUnknown();
        return settings;
    }

    static WireSettings Wire(ConfigSection section)
    {
        var settings = new WireSettings
        {
            MaxBatchBytes = section.SizeFromOr("auto", "max-batch-bytes", 1_024, int.MaxValue, "from 1 KiB to 2 GiB"),
            MaxMessageBytes = section.Size("max-message-bytes", 65_536, 1 << 30, "from 64 KiB to 1 GiB"),
            ResendInterval = section.Duration("resend-interval", DurationRange.UpToOneHour),
            GiveUpAfter = section.Duration("give-up-after", DurationRange.UpToOneHour),
        };
        section.RefuseUnknown();
        return settings.ResendInterval < settings.GiveUpAfter
            ? settings
            : throw Contradiction(
                section,
                "resend-interval",
                settings.ResendInterval,
                "give-up-after",
                settings.GiveUpAfter,
                "must be the shorter one"
            );
    }

    static JournalSettings Journal(ConfigSection section)
    {
        var settings = new JournalSettings
        {
            Plugin = section.Text("plugin", "auto or the path of a journal plugin's block in the configuration"),
            SnapshotPlugin = section.Text(
                "snapshot-plugin",
                "auto or the path of a snapshot store's block in the configuration"
            ),
            IdPrefix = section.Text("id-prefix", "a text"),
            MaxEventBytes = (int)section.Size("max-event-bytes", 4_096, 1 << 20, "from 4 KiB to 1 MiB"),
            MaxUnwrittenBytes = section.Size("max-unwritten-bytes", 65_536, 1 << 30, "from 64 KiB to 1 GiB"),
            SnapshotAfter = section.Size("snapshot-after", 4_096, 1 << 30, "from 4 KiB to 1 GiB"),
            RefuseAfter = section.Duration("refuse-after", DurationRange.UpToOneHour),
            ReopenAfter = section.Duration("reopen-after", DurationRange.UpToOneHour),
            DeleteAfter = section.Duration("delete-after", DurationRange.UpToOneHour),
            Retry = Backoff(section.Block("retry")),
        };
        section.RefuseUnknown();
        return settings;
    }

    static ClusterSettings Cluster(ConfigSection section)
    {
        var role = section.Text("role", "any or the name of a role");
        var settings = new ClusterSettings
        {
            IsEnabled = section.Switch("enabled"),
            Shards = section.Int("shards", 1, 10_000),
            Role = role == "any" ? null : role,
            PassivateAfter = section.Duration("passivate-after", DurationRange.UpToOneHour),
            LocateInterval = section.Duration("locate-interval", DurationRange.UpToOneHour),
            SourceBudgets = SourceBudgets(section),
            GrantExpiry = section.Duration("grant-expiry", DurationRange.FromOneSecondToOneHour),
        };
        section.RefuseUnknown();
        return settings.SourceBudgets.Count == 0 || settings.IsEnabled
            ? settings
            : throw new ConfigurationException(
                $"{section.Where("sources")} has a budget for '{settings.SourceBudgets.Keys.Min(StringComparer.Ordinal)}', and {section.Where("enabled")} is off; a budget over the cluster needs {section.Where("enabled")} = on."
            );
    }

    static FrozenDictionary<string, int> SourceBudgets(ConfigSection section)
    {
        var budgets = section
            .Named("sources", "the source's name", ConfigSection.At("conveyor.cluster.sources"))
            .ToFrozenDictionary(s => s.Name, s => SourceBudget(s.Section), StringComparer.Ordinal);
        return budgets.Count == 0 ? FrozenDictionary<string, int>.Empty : budgets;
    }

    static int SourceBudget(ConfigSection section)
    {
        // Marked as known first, so that a mistyped key is reported before the key that is missing because of it.
        section.Leave("max-records");
        section.RefuseUnknown();
        return section.Int("max-records", 1, MaxRecords);
    }

    static PipelineSettings Pipeline(ConfigSection section)
    {
        var stages = section
            .Named("stages", "the stage's name", section.Block("stage"))
            .ToFrozenDictionary(s => s.Name, s => Stage(s.Section), StringComparer.Ordinal);
        return new(Buffers(section), stages);
    }

    static BufferSettings Buffers(ConfigSection section)
    {
        var settings = new BufferSettings
        {
            MaxTotalRecords = section.Int("max-total-records", 1, MaxRecords),
            MaxPerStage = section.Int("max-per-stage", 1, MaxRecords),
            MaxPerSource = section.Int("max-per-source", 1, MaxRecords),
            MaxTotalBytes = section.SizeOr("off", "max-total-bytes"),
            MaxBytesPerStage = section.SizeOr("off", "max-bytes-per-stage"),
            MaxBytesPerSource = section.SizeOr("off", "max-bytes-per-source"),
            BackpressureThreshold = section.Number(
                "backpressure-threshold",
                "above 0 and at most 1",
                v => v is > 0 and <= 1
            ),
            Stage = Stage(section.Block("stage")),
            IdleAfter = section.DurationOr("infinite", "idle-after", DurationRange.Lasting) ?? Timeout.InfiniteTimeSpan,
        };
        if (
            section.NumberOr(
                "auto",
                "low-watermark",
                "above 0 and below backpressure-threshold",
                v => v is > 0 and < 1
            ) is
            { } low
        )
            settings = settings with { LowWatermark = low };
        section.RefuseUnknown();
        return settings.LowWatermark < settings.BackpressureThreshold
            ? settings
            : throw Contradiction(
                section,
                "low-watermark",
                settings.LowWatermark,
                "backpressure-threshold",
                settings.BackpressureThreshold
            );
    }

    static StageSettings Stage(ConfigSection section)
    {
        var settings = new StageSettings
        {
            FullMode = section.OneOf<FullMode>("full-mode"),
            LeaseOrder = section.OneOf<LeaseOrder>("lease-order"),
            LeaseTimeout =
                section.DurationOr("infinite", "lease-timeout", DurationRange.Lasting) ?? Timeout.InfiniteTimeSpan,
            MaxRetries = section.Int("max-retries", 0, 1_000_000),
            Backoff = Backoff(section.Block("backoff")),
            TimeToLive = section.DurationOr("off", "time-to-live", DurationRange.Lasting),
            MaxDeadLetters = section.Int("max-dead-letters", 0, MaxRecords),
            MaxDeadLetterBytes = section.SizeOr("auto", "max-dead-letter-bytes", 0),
            Quantum = section.Int("quantum", 1, 1_000_000),
            Duplicates = Duplicates(section.Block("duplicates")),
        };
        section.RefuseUnknown();
        return settings;
    }

    static BackoffSettings Backoff(ConfigSection section)
    {
        var settings = new BackoffSettings
        {
            First = section.Duration("first", DurationRange.Backoff),
            Max = section.Duration("max", DurationRange.Backoff),
            Factor = section.Number("factor", "from 1 to 100", v => v is >= 1 and <= 100),
            Jitter = section.Number("jitter", "from 0 to 1", v => v is >= 0 and <= 1),
        };
        section.RefuseUnknown();
        return settings;
    }

    /// <summary>
    /// Reads the duplicate window. Its values are validated even when it is off, so that an error shows before it is
    /// switched on.
    /// </summary>
    static DuplicateWindow? Duplicates(ConfigSection section)
    {
        var window = new DuplicateWindow
        {
            Count = section.Int("count", 1, 100_000_000),
            Time = section.DurationOr("infinite", "time", DurationRange.Lasting) ?? Timeout.InfiniteTimeSpan,
        };
        var enabled = section.Switch("enabled");
        section.RefuseUnknown();
        return enabled ? window : null;
    }

    static BufferActorSettings BufferActors(ConfigSection section)
    {
        var settings = new BufferActorSettings
        {
            Capacity = section.Int("capacity", 1, 67_108_864),
            Share = section.Number("share", "above 0 and at most 1", v => v is > 0 and <= 1),
            BatchSize = section.Int("batch-size", 1, 67_108_864),
            BatchAge = section.Duration("batch-age", DurationRange.UpToOneHour),
            Retry = Backoff(section.Block("retry")),
            Dispatcher = section.Text("dispatcher", "the path of a dispatcher's block in the configuration"),
        };
        if (section.IntOr("auto", "count", 1, 1_024) is { } count)
            settings = settings with { Count = count };
        section.RefuseUnknown();
        return settings.BatchSize <= settings.Capacity
            ? settings
            : throw Contradiction(
                section,
                "batch-size",
                settings.BatchSize,
                "capacity",
                settings.Capacity,
                "must not be the larger one"
            );
    }

    static DispatcherSettings Dispatchers(ConfigSection section)
    {
        var settings = new DispatcherSettings
        {
            Pipelines = section.Text("pipelines", "the path of a dispatcher's block in the configuration"),
            Stages = section.Text("stages", "the path of a dispatcher's block in the configuration"),
        };
        section.RefuseUnknown();
        return settings;
    }

    static ConfigurationException Contradiction(
        ConfigSection section,
        string key,
        object value,
        string other,
        object otherValue,
        string must = "must be the lower one"
    ) =>
        new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{section.Where(key)} is {value} and {section.Where(other)} is {otherValue}; {key} {must}."
            )
        );
}
