using System.Globalization;

namespace ConveyorActors.Pipelines.Sinks;

/// <summary>What is kept of a sink for the next run.</summary>
/// <param name="Path">Where it is; "-" is standard output.</param>
/// <param name="Length">How many bytes of what was written are settled; null: that cannot be known, as of a pipe.</param>
/// <param name="IsOpen">True while a run writes: what is past the length is its own then, and not settled. Otherwise it is somebody else's.</param>
sealed record SinkMark(string Path, long? Length, bool IsOpen)
{
    const string Open = "open", Closed = "closed", None = "-";

    /// <summary>Null when it is no mark.</summary>
    public static SinkMark? Parse(string text)
    {
        if (text.Split(' ', 3) is not [var length, var state, var path] || state is not (Open or Closed)) return null;
        if (length == None) return new(path, null, state == Open);
        return long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? new(path, bytes, state == Open) : null;
    }

    public override string ToString() => $"{Length?.ToString(CultureInfo.InvariantCulture) ?? None} {(IsOpen ? Open : Closed)} {Path}";
}
