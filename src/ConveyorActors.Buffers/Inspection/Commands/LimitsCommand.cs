using ConveyorActors.Buffers.Inspection.Printing;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection.Commands;

/// <summary>Shows the limits of a pipeline, sets them, or shows the effect that other limits would have.</summary>
sealed class LimitsCommand : InspectionCommand
{
    const string Plan = "plan";
    const int MaxRecords = 2_000_000_000;

    public override string Name => "limits";

    public override string Summary => "shows the limits of a pipeline, or sets some of them while it runs";

    public override string Details =>
        "With --plan it reports what the new limits would refuse, evict and pause, and changes nothing. A limit in bytes can be 'off'.";

    public override IReadOnlyList<InspectionArgument> Arguments { get; } =
    [new("ACTION", "what to do with them") { Choices = ["show", "set"] }, PipelineArgument];

    public override IReadOnlyList<InspectionOption> Options { get; } =
    [
        new("max-total-records", "N", "records in the pipeline"),
        new("max-per-stage", "N", "records in each stage"),
        new("max-per-source", "N", "records of each source"),
        new("max-total-bytes", "N", "bytes in the pipeline"),
        new("max-bytes-per-stage", "N", "bytes in each stage"),
        new("max-bytes-per-source", "N", "bytes of each source"),
        new("backpressure-threshold", "FILL", "the high watermark: a source is paused at this fill"),
        new("low-watermark", "FILL", "a source resumes full speed at this fill"),
        new(Plan, null, "only report what would happen"),
    ];

    internal override async ValueTask<InspectionReport> RunAsync(Invocation given, CancellationToken cancellationToken)
    {
        var snapshot = await given.GetSnapshotAsync(cancellationToken).ConfigureAwait(false);
        var now =
            snapshot.Settings
            ?? throw new InspectionException(
                InspectionException.Failed,
                $"PIPELINE is '{snapshot.Pipeline}', whose node is of a version that does not send its limits"
            );
        var isSet = Options.Any(o => given.Has(o.Name));
        if (given["ACTION"] == "show")
        {
            return isSet
                ? throw new InspectionException(
                    InspectionException.WrongUsage,
                    "ACTION is 'show'; with limits or --plan it must be set"
                )
                : new InspectionReport().Add(CreateValues(snapshot.Pipeline, now));
        }
        var changed = ApplyOptions(given, now);
        if (!Options.Any(o => o.Name != Plan && given.Has(o.Name)))
            throw new InspectionException(
                InspectionException.WrongUsage,
                "ACTION is 'set', but no limit is given; give at least one, such as --max-per-stage N"
            );
        if (snapshot.State == "Stopped")
            throw new InspectionException(
                InspectionException.Failed,
                $"PIPELINE is '{snapshot.Pipeline}', which has stopped; limits can be set while it runs"
            );
        var effect = await given
            .Service.PlanLimitsAsync(snapshot.Pipeline, changed, cancellationToken)
            .ConfigureAwait(false);
        var isPlan = given.Has(Plan);
        if (!isPlan)
            await given.Service.ConfigureAsync(snapshot.Pipeline, changed, cancellationToken).ConfigureAwait(false);
        return Report(snapshot.Pipeline, changed, effect, isPlan);
    }

    static BufferSettings ApplyOptions(Invocation given, BufferSettings now)
    {
        var changed = now with
        {
            MaxTotalRecords = (int)(given.ParseNumber("max-total-records", MaxRecords) ?? now.MaxTotalRecords),
            MaxPerStage = (int)(given.ParseNumber("max-per-stage", MaxRecords) ?? now.MaxPerStage),
            MaxPerSource = (int)(given.ParseNumber("max-per-source", MaxRecords) ?? now.MaxPerSource),
            MaxTotalBytes = ReadBytes(given, "max-total-bytes", now.MaxTotalBytes),
            MaxBytesPerStage = ReadBytes(given, "max-bytes-per-stage", now.MaxBytesPerStage),
            MaxBytesPerSource = ReadBytes(given, "max-bytes-per-source", now.MaxBytesPerSource),
        };
        if (given.ParseFraction("backpressure-threshold", 0.000001, 1, "a number above 0 and at most 1") is { } high)
            changed = changed with { BackpressureThreshold = high };
        if (given.ParseFraction("low-watermark", 0.000001, 0.999999, "a number above 0 and below 1") is { } low)
            changed = changed with { LowWatermark = low };
        try
        {
            return changed.Validate();
        }
        catch (ArgumentException)
        {
            throw new InspectionException(
                InspectionException.WrongUsage,
                FormattableString.Invariant(
                    $"--low-watermark would be {changed.LowWatermark:0.######} and --backpressure-threshold {changed.BackpressureThreshold:0.######}; the first must be the lower one"
                )
            );
        }
    }

    static long? ReadBytes(Invocation given, string option, long? now) =>
        given.GetOption(option) switch
        {
            null => now,
            "off" => null,
            _ => given.ParseNumber(option, long.MaxValue, ", or off"),
        };

    static ValuesPart CreateValues(string pipeline, BufferSettings limits) =>
        new([
            ("pipeline", pipeline),
            ("maxTotalRecords", limits.MaxTotalRecords),
            ("maxPerStage", limits.MaxPerStage),
            ("maxPerSource", limits.MaxPerSource),
            ("maxTotalBytes", limits.MaxTotalBytes),
            ("maxBytesPerStage", limits.MaxBytesPerStage),
            ("maxBytesPerSource", limits.MaxBytesPerSource),
            ("backpressureThreshold", limits.BackpressureThreshold),
            ("lowWatermark", limits.LowWatermark),
        ]);

    static InspectionReport Report(string pipeline, BufferSettings limits, LimitChange effect, bool isPlan)
    {
        var hasBytes = effect.Rows.Any(r => r.NewLimitBytes is not null);
        return new InspectionReport()
            .Add(CreateValues(pipeline, limits))
            .Add(new ValuesPart([("planned", isPlan)], isShown: false))
            .Add(
                new TablePart<LimitChangeRow>(
                    "effects",
                    effect.Rows,
                    [
                        new("level", r => r.Level),
                        new("used", r => r.Used),
                        new("newLimit", r => r.NewLimit),
                        new("usedBytes", r => r.UsedBytes, hasBytes),
                        new("newLimitBytes", r => r.NewLimitBytes, hasBytes),
                        new("evicted", r => r.Evicted),
                        new("refusedUntil", r => r.RefusedUntil),
                    ]
                )
            )
            .Add(new TablePart<string>("paused", effect.Paused, [new("pausedSource", s => s)]))
            .Add(
                new SentencePart(
                    $"{(effect.IsHarmless ? "Nothing is refused, evicted or paused by it. " : "")}{(isPlan ? "Planned only: nothing was changed." : "The limits are in force.")}"
                )
            );
    }
}
