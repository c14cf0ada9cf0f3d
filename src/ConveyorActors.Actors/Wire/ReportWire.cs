using System.Runtime.CompilerServices;

namespace ConveyorActors.Actors.Wire;

/// <summary>Converts the reasons why a source is held, the effects of new limits, and stop reports.</summary>
static class ReportWire
{
    public static Proto.BackpressureReason ToProto(this BackpressureReason reason)
    {
        var proto = new Proto.BackpressureReason
        {
            Limit = reason.Limit.ToProto(),
            Used = reason.Used,
            Of = reason.Of,
            Fill = reason.Fill,
            Since100Ns = reason.Since.Ticks,
            OwedBy = reason.OwedBy?.ToProto(),
            ByOperator = reason.ByOperator,
        };
        if (reason.ExpectedIn is { } expected)
            proto.ExpectedIn100Ns = expected.Ticks;
        if (reason.UsedBytes is { } used)
            proto.UsedBytes = used;
        if (reason.OfBytes is { } limit)
            proto.OfBytes = limit;
        return proto;
    }

    public static BackpressureReason FromProto(this Proto.BackpressureReason proto) =>
        new(
            proto.Limit.FromProto(),
            proto.Used,
            proto.Of,
            proto.Fill,
            new TimeSpan(proto.Since100Ns),
            proto.OwedBy?.FromProto(),
            proto.HasExpectedIn100Ns ? new TimeSpan(proto.ExpectedIn100Ns) : null
        )
        {
            ByOperator = proto.ByOperator,
            UsedBytes = proto.HasUsedBytes ? proto.UsedBytes : null,
            OfBytes = proto.HasOfBytes ? proto.OfBytes : null,
        };

    public static Proto.LimitChange ToProto(
        this LimitChange? change,
        [CallerArgumentExpression(nameof(change))] string field = ""
    )
    {
        if (change is null)
            throw Field.CreateMissingError(field);
        var proto = new Proto.LimitChange();
        proto.Rows.AddAll(change.Rows, ToProto);
        proto.Paused.AddAll(change.Paused);
        return proto;
    }

    public static LimitChange FromProto(
        this Proto.LimitChange? proto,
        [CallerArgumentExpression(nameof(proto))] string field = ""
    ) =>
        proto is null
            ? throw Field.CreateMissingError(field)
            : new(proto.Rows.ToArray(FromProto), proto.Paused.FromProto());

    static Proto.LimitChangeRow ToProto(LimitChangeRow row)
    {
        var proto = new Proto.LimitChangeRow
        {
            Level = row.Level.ToProto(),
            Used = row.Used,
            NewLimit = row.NewLimit,
            Evicted = row.Evicted,
            RefusedUntil = row.RefusedUntil,
        };
        if (row.UsedBytes is { } used)
            proto.UsedBytes = used;
        if (row.NewLimitBytes is { } limit)
            proto.NewLimitBytes = limit;
        return proto;
    }

    static LimitChangeRow FromProto(Proto.LimitChangeRow proto) =>
        new(proto.Level.FromProto(), proto.Used, proto.NewLimit, proto.Evicted, proto.RefusedUntil)
        {
            UsedBytes = proto.HasUsedBytes ? proto.UsedBytes : null,
            NewLimitBytes = proto.HasNewLimitBytes ? proto.NewLimitBytes : null,
        };

    public static Proto.StopReport ToProto(
        this StopReport? report,
        [CallerArgumentExpression(nameof(report))] string field = ""
    )
    {
        if (report is null)
            throw Field.CreateMissingError(field);
        var proto = new Proto.StopReport
        {
            Settled = report.Settled,
            Remaining = report.Remaining,
            IsDurable = report.IsDurable,
        };
        foreach (var (stage, count) in report.RemainingByStage.Require())
            proto.RemainingByStage.Add(new Proto.StageCount { Stage = stage.ToProto(), Count = count });
        return proto;
    }

    public static StopReport FromProto(
        this Proto.StopReport? proto,
        [CallerArgumentExpression(nameof(proto))] string field = ""
    )
    {
        if (proto is null)
            throw Field.CreateMissingError(field);
        var byStage = new Dictionary<string, long>(proto.RemainingByStage.Count, StringComparer.Ordinal);
        foreach (var stage in proto.RemainingByStage)
            byStage[stage.Stage.FromProto()] = stage.Count;
        return new(proto.Settled, proto.Remaining, byStage, proto.IsDurable);
    }
}
