using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>What a command gets before its batch, and what it writes for that alone.</summary>
/// <param name="Given">Comes before each batch.</param>
/// <param name="Written">Comes before the results of a batch, and is taken off there.</param>
sealed record CommandHeader(HeaderLines Given, HeaderLines Written)
{
    public static CommandHeader None { get; } = new(HeaderLines.None, HeaderLines.None);

    /// <summary>Takes the header off results.</summary>
    /// <param name="results">What the command wrote.</param>
    /// <param name="passes">
    /// True when it has passed on a header that it does not write when that is all there is.
    /// </param>
    public ReadOnlyMemory<ConveyorRecord> TakeOff(ReadOnlyMemory<ConveyorRecord> results, out bool passes)
    {
        passes = Written.IsEmpty && Given.Begins(results);
        var header = passes ? Given : Written;
        return passes || header.Begins(results) ? results[header.Lines.Count..] : results;
    }
}
