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
        var conveyor = ConfigSection.Create("conveyor", config, ConveyorSettings.ReferenceConfig);
        var buffers = conveyor.GetBlock("buffers");
        var settings = new ConveyorSettings
        {
            Buffers = ReadBuffers(buffers),
            Pipelines = conveyor
                .GetNamedBlocks("pipelines", "the pipeline's name", buffers)
                .ToFrozenDictionary(p => p.Name, p => ReadPipeline(p.Section), StringComparer.Ordinal),
            BufferActors = ReadBufferActors(conveyor.GetBlock("buffer-actors")),
            Dispatchers = ReadDispatchers(conveyor.GetBlock("dispatchers")),
            Wire = ReadWire(conveyor.GetBlock("wire")),
            KeepsRecords = conveyor.GetSwitch("persistence"),
            Journal = ReadJournal(conveyor.GetBlock("journal")),
            Cluster = ReadCluster(conveyor.GetBlock("cluster")),
            AskTimeout = conveyor.GetDuration("ask-timeout", DurationRange.UpToOneDay),
            StopDeadline = conveyor.GetDuration("stop-deadline", DurationRange.UpToOneDay),
            RunByCoordinatedShutdown = conveyor.GetSwitch("coordinated-shutdown"),
        };
        conveyor.MarkKnown("buffer-actor-dispatcher");
        conveyor.MarkKnown("pipeline-dispatcher");
        conveyor.ThrowIfUnknownKeys();
        return settings;
    }

    static WireSettings ReadWire(ConfigSection section)
    {
        var settings = new WireSettings
        {
            MaxBatchBytes = section.GetSizeFromOr(
                "auto",
                "max-batch-bytes",
                1_024,
                int.MaxValue,
                "from 1 KiB to 2 GiB"
            ),
            MaxMessageBytes = section.GetSize("max-message-bytes", 65_536, 1 << 30, "from 64 KiB to 1 GiB"),
            ResendInterval = section.GetDuration("resend-interval", DurationRange.UpToOneHour),
            GiveUpAfter = section.GetDuration("give-up-after", DurationRange.UpToOneHour),
        };
        section.ThrowIfUnknownKeys();
        return settings.ResendInterval < settings.GiveUpAfter
            ? settings
            : throw CreateContradictionError(
                section,
                "resend-interval",
                settings.ResendInterval,
                "give-up-after",
                settings.GiveUpAfter,
                "must be the shorter one"
            );
    }

    static JournalSettings ReadJournal(ConfigSection section)
    {
        var settings = new JournalSettings
        {
            Plugin = section.GetText("plugin", "auto or the path of a journal plugin's block in the configuration"),
            SnapshotPlugin = section.GetText(
                "snapshot-plugin",
                "auto or the path of a snapshot store's block in the configuration"
            ),
            IdPrefix = section.GetText("id-prefix", "a text"),
            MaxEventBytes = (int)section.GetSize("max-event-bytes", 4_096, 1 << 20, "from 4 KiB to 1 MiB"),
            MaxUnwrittenBytes = section.GetSize("max-unwritten-bytes", 65_536, 1 << 30, "from 64 KiB to 1 GiB"),
            SnapshotAfter = section.GetSize("snapshot-after", 4_096, 1 << 30, "from 4 KiB to 1 GiB"),
            RefuseAfter = section.GetDuration("refuse-after", DurationRange.UpToOneHour),
            ReopenAfter = section.GetDuration("reopen-after", DurationRange.UpToOneHour),
            DeleteAfter = section.GetDuration("delete-after", DurationRange.UpToOneHour),
            Retry = ReadBackoff(section.GetBlock("retry")),
        };
        section.ThrowIfUnknownKeys();
        return settings;
    }

    static ClusterSettings ReadCluster(ConfigSection section)
    {
        var role = section.GetText("role", "any or the name of a role");
        var settings = new ClusterSettings
        {
            IsEnabled = section.GetSwitch("enabled"),
            Shards = section.GetInt("shards", 1, 10_000),
            Role = role == "any" ? null : role,
            PassivateAfter = section.GetDuration("passivate-after", DurationRange.UpToOneHour),
            LocateInterval = section.GetDuration("locate-interval", DurationRange.UpToOneHour),
            SourceBudgets = ReadSourceBudgets(section),
            GrantExpiry = section.GetDuration("grant-expiry", DurationRange.FromOneSecondToOneHour),
        };
        section.ThrowIfUnknownKeys();
        return settings.SourceBudgets.Count == 0 || settings.IsEnabled
            ? settings
            : throw new ConfigurationException(
                $"{section.FindPath("sources")} has a budget for '{settings.SourceBudgets.Keys.Min(StringComparer.Ordinal)}', and {section.FindPath("enabled")} is off; a budget over the cluster needs {section.FindPath("enabled")} = on."
            );
    }

    static FrozenDictionary<string, int> ReadSourceBudgets(ConfigSection section)
    {
        var budgets = section
            .GetNamedBlocks("sources", "the source's name", ConfigSection.Create("conveyor.cluster.sources"))
            .ToFrozenDictionary(s => s.Name, s => ReadSourceBudget(s.Section), StringComparer.Ordinal);
        return budgets.Count == 0 ? FrozenDictionary<string, int>.Empty : budgets;
    }

    static int ReadSourceBudget(ConfigSection section)
    {
        // Marked as known first, so that a mistyped key is reported before the key that is missing because of it.
        section.MarkKnown("max-records");
        section.ThrowIfUnknownKeys();
        return section.GetInt("max-records", 1, MaxRecords);
    }

    static PipelineSettings ReadPipeline(ConfigSection section)
    {
        var stages = section
            .GetNamedBlocks("stages", "the stage's name", section.GetBlock("stage"))
            .ToFrozenDictionary(s => s.Name, s => ReadStage(s.Section), StringComparer.Ordinal);
        return new(ReadBuffers(section), stages);
    }

    static BufferSettings ReadBuffers(ConfigSection section)
    {
        var settings = new BufferSettings
        {
            MaxTotalRecords = section.GetInt("max-total-records", 1, MaxRecords),
            MaxPerStage = section.GetInt("max-per-stage", 1, MaxRecords),
            MaxPerSource = section.GetInt("max-per-source", 1, MaxRecords),
            MaxTotalBytes = section.GetSizeOr("off", "max-total-bytes"),
            MaxBytesPerStage = section.GetSizeOr("off", "max-bytes-per-stage"),
            MaxBytesPerSource = section.GetSizeOr("off", "max-bytes-per-source"),
            BackpressureThreshold = section.GetNumber(
                "backpressure-threshold",
                "above 0 and at most 1",
                v => v is > 0 and <= 1
            ),
            Stage = ReadStage(section.GetBlock("stage")),
            IdleAfter =
                section.GetDurationOr("infinite", "idle-after", DurationRange.Lasting) ?? Timeout.InfiniteTimeSpan,
        };
        if (
            section.GetNumberOr(
                "auto",
                "low-watermark",
                "above 0 and below backpressure-threshold",
                v => v is > 0 and < 1
            ) is
            { } low
        )
            settings = settings with { LowWatermark = low };
        section.ThrowIfUnknownKeys();
        return settings.LowWatermark < settings.BackpressureThreshold
            ? settings
            : throw CreateContradictionError(
                section,
                "low-watermark",
                settings.LowWatermark,
                "backpressure-threshold",
                settings.BackpressureThreshold
            );
    }

    static StageSettings ReadStage(ConfigSection section)
    {
        var settings = new StageSettings
        {
            FullMode = section.GetEnum<FullMode>("full-mode"),
            LeaseOrder = section.GetEnum<LeaseOrder>("lease-order"),
            LeaseTimeout =
                section.GetDurationOr("infinite", "lease-timeout", DurationRange.Lasting) ?? Timeout.InfiniteTimeSpan,
            MaxRetries = section.GetInt("max-retries", 0, 1_000_000),
            Backoff = ReadBackoff(section.GetBlock("backoff")),
            TimeToLive = section.GetDurationOr("off", "time-to-live", DurationRange.Lasting),
            MaxDeadLetters = section.GetInt("max-dead-letters", 0, MaxRecords),
            MaxDeadLetterBytes = section.GetSizeOr("auto", "max-dead-letter-bytes", 0),
            Quantum = section.GetInt("quantum", 1, 1_000_000),
            Duplicates = ReadDuplicates(section.GetBlock("duplicates")),
        };
        section.ThrowIfUnknownKeys();
        return settings;
    }

    static BackoffSettings ReadBackoff(ConfigSection section)
    {
        var settings = new BackoffSettings
        {
            First = section.GetDuration("first", DurationRange.Backoff),
            Max = section.GetDuration("max", DurationRange.Backoff),
            Factor = section.GetNumber("factor", "from 1 to 100", v => v is >= 1 and <= 100),
            Jitter = section.GetNumber("jitter", "from 0 to 1", v => v is >= 0 and <= 1),
        };
        section.ThrowIfUnknownKeys();
        return settings;
    }

    /// <summary>
    /// Reads the duplicate window. Its values are validated even when it is off, so that an error shows before it is
    /// switched on.
    /// </summary>
    static DuplicateWindow? ReadDuplicates(ConfigSection section)
    {
        var window = new DuplicateWindow
        {
            Count = section.GetInt("count", 1, 100_000_000),
            Time = section.GetDurationOr("infinite", "time", DurationRange.Lasting) ?? Timeout.InfiniteTimeSpan,
        };
        var enabled = section.GetSwitch("enabled");
        section.ThrowIfUnknownKeys();
        return enabled ? window : null;
    }

    static BufferActorSettings ReadBufferActors(ConfigSection section)
    {
        var settings = new BufferActorSettings
        {
            Capacity = section.GetInt("capacity", 1, 67_108_864),
            Share = section.GetNumber("share", "above 0 and at most 1", v => v is > 0 and <= 1),
            BatchSize = section.GetInt("batch-size", 1, 67_108_864),
            BatchAge = section.GetDuration("batch-age", DurationRange.UpToOneHour),
            Retry = ReadBackoff(section.GetBlock("retry")),
            Dispatcher = section.GetText("dispatcher", "the path of a dispatcher's block in the configuration"),
        };
        if (section.GetIntOr("auto", "count", 1, 1_024) is { } count)
            settings = settings with { Count = count };
        section.ThrowIfUnknownKeys();
        return settings.BatchSize <= settings.Capacity
            ? settings
            : throw CreateContradictionError(
                section,
                "batch-size",
                settings.BatchSize,
                "capacity",
                settings.Capacity,
                "must not be the larger one"
            );
    }

    static DispatcherSettings ReadDispatchers(ConfigSection section)
    {
        var settings = new DispatcherSettings
        {
            Pipelines = section.GetText("pipelines", "the path of a dispatcher's block in the configuration"),
            Stages = section.GetText("stages", "the path of a dispatcher's block in the configuration"),
        };
        section.ThrowIfUnknownKeys();
        return settings;
    }

    static ConfigurationException CreateContradictionError(
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
                $"{section.FindPath(key)} is {value} and {section.FindPath(other)} is {otherValue}; {key} {must}."
            )
        );
}
