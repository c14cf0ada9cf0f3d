using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection.Printing;

/// <summary>Shows operators' holds, including those of sources and stages that do not exist yet.</summary>
static class HoldsPart
{
    public static IReportPart Create(IEnumerable<OperatorHold> holds) =>
        new TablePart<OperatorHold>(
            "holds",
            [.. holds],
            [new("target", h => FormatTarget(h.Target)), new("name", h => h.Name), new("since", h => h.Since)]
        );

    public static string FormatTarget(HoldTarget target) => target == HoldTarget.Source ? "source" : "stage";
}
