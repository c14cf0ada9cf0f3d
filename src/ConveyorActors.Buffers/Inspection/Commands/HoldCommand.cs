using ConveyorActors.Buffers.Inspection.Printing;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection.Commands;

/// <summary>Holds a source or a stage by hand (pause), or ends the hold (resume).</summary>
sealed class HoldCommand(bool isHeld) : InspectionCommand
{
    static readonly InspectionArgument Target = new("TARGET", "whether NAME is a source or a stage")
    {
        Choices = ["source", "stage"],
    };

    public override string Name => isHeld ? "pause" : "resume";

    public override string Summary =>
        isHeld
            ? "holds a source, so that nothing more is accepted of it, or a stage, so that it gives no more leases"
            : "resumes a source or a stage that an operator holds";

    public override string Details =>
        isHeld
            ? "The hold stays until resume, also through restarts if the pipeline stores its records. A source or stage that does not exist yet is held once it is created."
            : "Waiting offers, requests and consumers continue, in order.";

    public override IReadOnlyList<InspectionArgument> Arguments { get; } =
    [PipelineArgument, Target, new("NAME", "the name of a source or stage")];

    internal override async ValueTask<InspectionReport> RunAsync(Invocation given, CancellationToken cancellationToken)
    {
        var snapshot = await given.GetSnapshotAsync(cancellationToken).ConfigureAwait(false);
        var (word, name) = (given["TARGET"], given["NAME"]);
        var target = word == "source" ? HoldTarget.Source : HoldTarget.Stage;
        if (!isHeld)
            NameLookup.Check(snapshot, target, "NAME", name);
        var hasChanged = isHeld
            ? await given.Service.PauseAsync(snapshot.Pipeline, target, name, cancellationToken).ConfigureAwait(false)
            : await given.Service.ResumeAsync(snapshot.Pipeline, target, name, cancellationToken).ConfigureAwait(false);
        return new InspectionReport()
            .Add(
                new ValuesPart(
                    [
                        ("pipeline", snapshot.Pipeline),
                        ("target", word),
                        ("name", name),
                        ("held", isHeld),
                        ("changed", hasChanged),
                    ],
                    isShown: false
                )
            )
            .Add(new SentencePart(FormatSentence(snapshot, target, name, hasChanged)));
    }

    string FormatSentence(PipelineSnapshot before, HoldTarget target, string name, bool hasChanged)
    {
        var what = $"{(target == HoldTarget.Source ? "Source" : "Stage")} '{name}' of pipeline '{before.Pipeline}'";
        if (!isHeld)
            return hasChanged ? $"{what} is resumed." : $"{what} was not held.";
        if (!hasChanged)
            return before.Holds.FirstOrDefault(h => h.Target == target && h.Name == name) is { } hold
                ? $"{what} was held already, since {Cell.Format(hold.Since)}."
                : $"{what} was held already.";
        var there = NameLookup.GetExisting(before, target);
        if (there.Contains(name))
            return $"{what} is held.";
        var near = NearestName.Find(name, there);
        return $"{what} does not exist yet; it is held once it is created.{(near is null ? "" : $" Did you mean '{near}'?")}";
    }
}
