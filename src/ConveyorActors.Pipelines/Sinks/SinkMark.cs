using System.Globalization;

namespace ConveyorActors.Pipelines.Sinks;

/// <summary>The stored state of a sink for the next run.</summary>
/// <param name="Path">The path of the sink; "-" is standard output.</param>
/// <param name="Length">The number of settled bytes; null if it cannot be known, as for a pipe.</param>
/// <param name="IsOpen">
/// Whether a run is writing. If so, bytes past the length were written by that run and not settled; otherwise they were
/// written by another program.
/// </param>
/// <param name="Number">The number of the file in the file system; null if there is none.</param>
/// <param name="End">A hash of the last settled bytes; null if they cannot be read.</param>
sealed record SinkMark(string Path, long? Length, bool IsOpen, string? Number = null, string? End = null)
{
    const string Open = "open",
        Closed = "closed",
        None = "-";

    /// <summary>The key of the checkpoint.</summary>
    public const string Key = "sink";

    /// <summary>Parses the text of a checkpoint; returns null if the text is not valid.</summary>
    public static SinkMark? Parse(string text)
    {
        if (
            text.Split(' ', 3) is not [var length, var what, var path]
            || what.Split(':') is not [var state and (Open or Closed), .. var known]
        )
            return null;
        if (length == None)
            return new(path, null, state == Open);
        if (!long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes))
            return null;
        return known is [var number, var end]
            ? new(path, bytes, state == Open, ParseText(number), ParseText(end))
            : new(path, bytes, state == Open);
    }

    public override string ToString() =>
        $"{Length?.ToString(CultureInfo.InvariantCulture) ?? None} {(IsOpen ? Open : Closed)}:{Number ?? None}:{End ?? None} {Path}";

    static string? ParseText(string text) => text == None ? null : text;
}
