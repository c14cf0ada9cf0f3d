using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection;

/// <summary>
/// Finds the stages and sources that a pipeline has, or that an operator holds although they do not exist yet.
/// </summary>
static class NameLookup
{
    /// <summary>Returns the names of the existing stages or sources.</summary>
    public static IReadOnlyCollection<string> GetExisting(PipelineSnapshot snapshot, HoldTarget target) =>
        target == HoldTarget.Source
            ? [.. snapshot.Sources.Select(s => s.Source)]
            : [.. snapshot.Stages.Select(s => s.Stage)];

    /// <summary>Returns the names of the held stages or sources.</summary>
    public static IEnumerable<string> GetHeld(PipelineSnapshot snapshot, HoldTarget target) =>
        snapshot.Holds.Where(h => h.Target == target).Select(h => h.Name);

    /// <exception cref="InspectionException">The source neither exists nor is held.</exception>
    public static void CheckSource(PipelineSnapshot snapshot, string source) =>
        Check(snapshot, HoldTarget.Source, "SOURCE", source);

    /// <exception cref="InspectionException">The stage neither exists nor is held.</exception>
    public static void CheckStage(PipelineSnapshot snapshot, string stage, string word = "STAGE") =>
        Check(snapshot, HoldTarget.Stage, word, stage);

    /// <exception cref="InspectionException">No stage or source of that name exists or is held.</exception>
    public static void Check(PipelineSnapshot snapshot, HoldTarget target, string word, string name)
    {
        string[] known = [.. GetExisting(snapshot, target).Union(GetHeld(snapshot, target), StringComparer.Ordinal)];
        if (!known.Contains(name, StringComparer.Ordinal))
            throw InspectionException.CreateUnknown(
                word,
                name,
                $"{Printing.HoldsPart.FormatTarget(target)} in pipeline '{snapshot.Pipeline}'",
                known
            );
    }
}
