using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Storage;

namespace ConveyorActors.Cli.Data;

/// <summary>Finds drains that have written lines to their file and could not settle them.</summary>
static class UnfinishedDrains
{
    /// <summary>
    /// Returns a sentence for each stage of a pipeline whose waiting lines are in the file of an unfinished drain, too.
    /// Only for a directory that no service uses.
    /// </summary>
    public static IEnumerable<string> Describe(DataDirectory directory, string pipeline)
    {
        var stages = directory.ReadContents().Pipelines.FirstOrDefault(p => p.Pipeline == pipeline)?.Stages ?? [];
        foreach (var stage in stages.Where(s => s.Pending + s.Parked > 0).Select(s => s.Stage))
            if (
                DrainMark.Parse(directory.GetCheckpoint(pipeline, DrainMark.GetKey(stage))) is { } mark
                && HasUnsettledLines(mark, directory, pipeline, stage)
            )
                yield return $"a drain of stage {Printable.Quote(stage)} was not finished: the lines after byte {CountText.FormatExact(mark.Length)} of {Printable.Quote(mark.Path)} are still in the data directory, "
                    + $"and this run processes them too; to have each line once, stop this run and repeat the drain first";
    }

    static bool HasUnsettledLines(DrainMark mark, DataDirectory directory, string pipeline, string stage)
    {
        try
        {
            // The length of a pipe, which cannot be opened without waiting, is 0.
            if (new FileInfo(mark.Path) is not { Exists: true } found || found.Length <= mark.Length)
                return false;
            using var file = new FileStream(mark.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return mark.DescribeMismatch(
                file,
                file.SafeFileHandle,
                directory.ReadPayloads(pipeline, stage),
                DrainMark.GetLineEnd(directory, pipeline)
            )
                is null;
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            return false;
        }
    }
}
