using System.Runtime.CompilerServices;

namespace ConveyorActors.Actors.Wire;

/// <summary>
/// Converts settings. Every setting is written; one that is absent when read has its default, so that bytes of versions
/// without that setting stay readable.
/// </summary>
/// <remarks>Values are checked by the settings themselves, whose messages name the setting and its range.</remarks>
static class SettingsWire
{
    static readonly BufferSettings Buffer = new();
    static readonly StageSettings Stage = new();
    static readonly BackoffSettings Backoff = new();
    static readonly DuplicateWindow Window = new();

    public static Proto.BufferSettings ToProto(
        this BufferSettings? settings,
        [CallerArgumentExpression(nameof(settings))] string field = ""
    )
    {
        if (settings is null)
            throw Field.CreateMissingError(field);
        var proto = new Proto.BufferSettings
        {
            MaxTotalRecords = settings.MaxTotalRecords,
            MaxPerStage = settings.MaxPerStage,
            MaxPerSource = settings.MaxPerSource,
            BackpressureThreshold = settings.BackpressureThreshold,
            Stage = settings.Stage.ToProto(),
            IdleAfter100Ns = settings.IdleAfter.Ticks,
        };
        if (settings.MaxTotalBytes is { } total)
            proto.MaxTotalBytes = total;
        if (settings.MaxBytesPerStage is { } perStage)
            proto.MaxBytesPerStage = perStage;
        if (settings.MaxBytesPerSource is { } perSource)
            proto.MaxBytesPerSource = perSource;
        // A watermark that follows the threshold continues to follow it on the other side.
        if (
            settings.LowWatermark
            != (Buffer with { BackpressureThreshold = settings.BackpressureThreshold }).LowWatermark
        )
            proto.LowWatermark = settings.LowWatermark;
        return proto;
    }

    public static BufferSettings FromProto(
        this Proto.BufferSettings? proto,
        [CallerArgumentExpression(nameof(proto))] string field = ""
    )
    {
        if (proto is null)
            throw Field.CreateMissingError(field);
        var settings = new BufferSettings
        {
            MaxTotalRecords = proto.HasMaxTotalRecords ? proto.MaxTotalRecords : Buffer.MaxTotalRecords,
            MaxPerStage = proto.HasMaxPerStage ? proto.MaxPerStage : Buffer.MaxPerStage,
            MaxPerSource = proto.HasMaxPerSource ? proto.MaxPerSource : Buffer.MaxPerSource,
            MaxTotalBytes = proto.HasMaxTotalBytes ? proto.MaxTotalBytes : Buffer.MaxTotalBytes,
            MaxBytesPerStage = proto.HasMaxBytesPerStage ? proto.MaxBytesPerStage : Buffer.MaxBytesPerStage,
            MaxBytesPerSource = proto.HasMaxBytesPerSource ? proto.MaxBytesPerSource : Buffer.MaxBytesPerSource,
            BackpressureThreshold = proto.HasBackpressureThreshold
                ? proto.BackpressureThreshold
                : Buffer.BackpressureThreshold,
            Stage = proto.Stage is null ? Buffer.Stage : proto.Stage.FromProto(),
            IdleAfter = proto.HasIdleAfter100Ns ? new TimeSpan(proto.IdleAfter100Ns) : Buffer.IdleAfter,
        };
        return proto.HasLowWatermark ? settings with { LowWatermark = proto.LowWatermark } : settings;
    }

    public static Proto.StageSettings ToProto(
        this StageSettings? settings,
        [CallerArgumentExpression(nameof(settings))] string field = ""
    )
    {
        if (settings is null)
            throw Field.CreateMissingError(field);
        var proto = new Proto.StageSettings
        {
            FullMode = Enums.FullMode.ToProto(settings.FullMode),
            LeaseOrder = Enums.LeaseOrder.ToProto(settings.LeaseOrder),
            LeaseTimeout100Ns = settings.LeaseTimeout.Ticks,
            MaxRetries = settings.MaxRetries,
            Backoff = settings.Backoff.ToProto(),
            MaxDeadLetters = settings.MaxDeadLetters,
            Quantum = settings.Quantum,
        };
        if (settings.TimeToLive is { } timeToLive)
            proto.TimeToLive100Ns = timeToLive.Ticks;
        if (settings.MaxDeadLetterBytes is { } letterBytes)
            proto.MaxDeadLetterBytes = letterBytes;
        if (settings.Duplicates is { } window)
            proto.Duplicates = new() { Count = window.Count, Time100Ns = window.Time.Ticks };
        return proto;
    }

    public static StageSettings FromProto(
        this Proto.StageSettings? proto,
        [CallerArgumentExpression(nameof(proto))] string field = ""
    ) =>
        proto is null
            ? throw Field.CreateMissingError(field)
            : new()
            {
                FullMode = Enums.FullMode.FromProtoOrNull(proto.FullMode) ?? Stage.FullMode,
                LeaseOrder = Enums.LeaseOrder.FromProtoOrNull(proto.LeaseOrder) ?? Stage.LeaseOrder,
                LeaseTimeout = proto.HasLeaseTimeout100Ns ? new TimeSpan(proto.LeaseTimeout100Ns) : Stage.LeaseTimeout,
                MaxRetries = proto.HasMaxRetries ? proto.MaxRetries : Stage.MaxRetries,
                Backoff = proto.Backoff is null ? Stage.Backoff : proto.Backoff.FromProto(),
                TimeToLive = proto.HasTimeToLive100Ns ? new TimeSpan(proto.TimeToLive100Ns) : Stage.TimeToLive,
                MaxDeadLetters = proto.HasMaxDeadLetters ? proto.MaxDeadLetters : Stage.MaxDeadLetters,
                MaxDeadLetterBytes = proto.HasMaxDeadLetterBytes ? proto.MaxDeadLetterBytes : Stage.MaxDeadLetterBytes,
                Quantum = proto.HasQuantum ? proto.Quantum : Stage.Quantum,
                Duplicates = proto.Duplicates is null ? Stage.Duplicates : proto.Duplicates.FromProto(),
            };

    static Proto.BackoffSettings ToProto(this BackoffSettings settings) =>
        new()
        {
            First100Ns = settings.First.Ticks,
            Max100Ns = settings.Max.Ticks,
            Factor = settings.Factor,
            Jitter = settings.Jitter,
        };

    static BackoffSettings FromProto(this Proto.BackoffSettings proto) =>
        new()
        {
            First = proto.HasFirst100Ns ? new TimeSpan(proto.First100Ns) : Backoff.First,
            Max = proto.HasMax100Ns ? new TimeSpan(proto.Max100Ns) : Backoff.Max,
            Factor = proto.HasFactor ? proto.Factor : Backoff.Factor,
            Jitter = proto.HasJitter ? proto.Jitter : Backoff.Jitter,
        };

    static DuplicateWindow FromProto(this Proto.DuplicateWindow proto) =>
        new()
        {
            Count = proto.HasCount ? proto.Count : Window.Count,
            Time = proto.HasTime100Ns ? new TimeSpan(proto.Time100Ns) : Window.Time,
        };
}
