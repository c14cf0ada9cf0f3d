using System.Globalization;

namespace ConveyorActors.Pipelines.Sinks;

/// <summary>What is kept of a sink for the next run.</summary>
/// <param name="Path">Where it is; "-" is standard output.</param>
/// <param name="Length">
/// How many bytes of what was written are settled; null: that cannot be known, as of a pipe.
/// </param>
/// <param name="IsOpen">
/// True while a run writes: what is past the length is its own then, and not settled. Otherwise it is somebody else's.
/// </param>
/// <param name="Number">What the file system calls the file; null where it cannot be had.</param>
/// <param name="End">A hash of the last bytes of what is settled; null where it cannot be had.</param>
sealed record SinkMark(string Path, long? Length, bool IsOpen, string? Number = null, string? End = null)
{
    const string Open = "open",
        Closed = "closed",
        None = "-";

    /// <summary>The key it is kept under.</summary>
    public const string Key = "sink";

    /// <summary>Null when it is no mark.</summary>
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
            ? new(path, bytes, state == Open, OrNull(number), OrNull(end))
            : new(path, bytes, state == Open);
    }

    public override string ToString() =>
        $"{Length?.ToString(CultureInfo.InvariantCulture) ?? None} {(IsOpen ? Open : Closed)}:{Number ?? None}:{End ?? None} {Path}";

    static string? OrNull(string text) => text == None ? null : text;
}
