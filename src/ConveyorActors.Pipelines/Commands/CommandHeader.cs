using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>The header that a command gets before its batch, and the lines it writes for the header alone.</summary>
/// <param name="Given">The header before each batch.</param>
/// <param name="Written">The lines that precede the results of a batch and are removed from them.</param>
sealed record CommandHeader(HeaderLines Given, HeaderLines Written)
{
    public static CommandHeader None { get; } = new(HeaderLines.None, HeaderLines.None);

    /// <summary>Removes the header from results.</summary>
    /// <param name="results">The lines that the command wrote.</param>
    /// <param name="passes">
    /// Whether the command has passed on the header, although it writes nothing for the header alone.
    /// </param>
    public ReadOnlyMemory<ConveyorRecord> RemoveFrom(ReadOnlyMemory<ConveyorRecord> results, out bool passes)
    {
        passes = Written.IsEmpty && Given.IsStartOf(results);
        var header = passes ? Given : Written;
        return passes || header.IsStartOf(results) ? results[header.Lines.Count..] : results;
    }
}
