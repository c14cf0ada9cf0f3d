using System.Globalization;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Inspection.Printing;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection.Commands;

/// <summary>Explains why a source is held.</summary>
sealed class WhyCommand : InspectionCommand
{
    static readonly Column<BackpressureReason>[] Columns =
    [
        new("limit", r => r.Limit),
        new("byOperator", r => r.ByOperator, IsShown: false),
        new("used", r => r.Used),
        new("of", r => r.Of),
        new("usedBytes", r => r.UsedBytes, IsShown: false),
        new("ofBytes", r => r.OfBytes, IsShown: false),
        new("fill", r => r.Fill),
        new("sinceSeconds", r => r.Since),
        new("owedBy", r => r.OwedBy is { } lease ? lease.Consumer ?? $"lease {lease.Id}" : null),
        new("owedRecords", r => r.OwedBy?.Records),
        new("owedSeconds", r => r.OwedBy?.Age),
        new("expectedInSeconds", r => r.ExpectedIn),
    ];

    public override string Name => "why";

    public override string Summary =>
        "explains why a source is held: which limit or operator holds it, which consumer holds the room, and from when until when";

    public override IReadOnlyList<InspectionArgument> Arguments { get; } =
    [PipelineArgument, new("SOURCE", "the name of a source")];

    internal override async ValueTask<InspectionReport> RunAsync(Invocation given, CancellationToken cancellationToken)
    {
        var (snapshot, source) = (
            await given.GetSnapshotAsync(cancellationToken).ConfigureAwait(false),
            given["SOURCE"]
        );
        NameLookup.CheckSource(snapshot, source);
        var signal = await given
            .Service.GetSignalAsync(snapshot.Pipeline, source, cancellationToken)
            .ConfigureAwait(false);
        var reasons = await given
            .Service.ExplainAsync(snapshot.Pipeline, source, cancellationToken)
            .ConfigureAwait(false);
        var report = new InspectionReport()
            .Add(
                new ValuesPart([
                    ("pipeline", snapshot.Pipeline),
                    ("source", source),
                    ("signal", signal.Kind.ToString()),
                    ("delaySeconds", signal.Delay),
                ])
            )
            .Add(new TablePart<BackpressureReason>("reasons", reasons, Columns, DescribeNoReason(snapshot, signal)));
        foreach (var limit in reasons.Where(r => r.OfBytes is not null))
            report.Add(
                new SentencePart(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{limit.Limit} holds {limit.UsedBytes:N0} of {limit.OfBytes:N0} bytes; the fill is by records or by bytes, whichever is more."
                    )
                )
            );
        if (reasons.Any(r => r.Limit == BackpressureReason.Store))
            report.Add(
                new SentencePart("The store cannot write now: all offers are refused as StoreFailing until it can.")
            );
        if (reasons.FirstOrDefault(r => r.IsBacklog) is { } backlog)
            report.Add(
                new SentencePart(
                    $"Records from before the start are still only in the store ({backlog.Used:N0} of the source's {backlog.Of:N0}): offers to their stages are refused as SourceFull until they are loaded, as consumers make room."
                )
            );
        return report.Add(HoldsPart.Create(snapshot.Holds.Where(h => h.Target == HoldTarget.Stage)));
    }

    static string DescribeNoReason(PipelineSnapshot snapshot, BackpressureSignal signal) =>
        snapshot.State != "Running" ? $"The pipeline accepts no records: its state is {snapshot.State}."
        : signal.IsHeld ? "What held it has gone meanwhile."
        : "Nothing holds it.";
}
