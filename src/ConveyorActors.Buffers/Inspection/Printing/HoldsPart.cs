using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection.Printing;

/// <summary>Operators' holds, where there are any: also of what does not exist yet.</summary>
static class HoldsPart
{
    public static IReportPart Of(IEnumerable<OperatorHold> holds) => new TablePart<OperatorHold>(
        "holds", [.. holds],
        [new("target", h => WordOf(h.Target)), new("name", h => h.Name), new("since", h => h.Since)]);

    public static string WordOf(HoldTarget target) => target == HoldTarget.Source ? "source" : "stage";
}
