using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Lines;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>
/// Detects that a file is truncated or rewritten while it is read. The file may grow, and a renamed file stays open.
/// </summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class FileWatch(SafeFileHandle file, long size, TimeProvider clock)
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    long largest = size,
        lastMark;
    ReadMark? mark;

    /// <summary>
    /// Returns a mark for the bytes before an offset that has been read, if it is time for a new mark; otherwise null.
    /// </summary>
    /// <param name="offset">The offset up to which the file has been read.</param>
    /// <param name="isLast">Whether this is the last call, so that the interval between marks does not apply.</param>
    public ReadMark? MarkAt(long offset, bool isLast)
    {
        if (mark?.Offset == offset || (!isLast && lastMark != 0 && clock.GetElapsedTime(lastMark) < Interval))
            return null;
        lastMark = clock.GetTimestamp();
        largest = Math.Max(largest, Length);
        // Bytes that were already replaced must not be marked as those that were read.
        return mark is { } before && !before.Matches(file) ? null : mark = ReadMark.Read(file, offset);
    }

    /// <summary>
    /// Returns the reason why the file was not read completely although its end was reached; null: it was.
    /// </summary>
    public string? DescribeIncompleteRead(long read)
    {
        largest = Math.Max(largest, read);
        var now = Length;
        if (now < largest)
            return $"it now has {Quantity.Format(now, "byte")}, but had {Quantity.Format(largest, "byte")}";
        return mark is { } last && !last.Matches(file) ? "it was rewritten" : null;
    }

    long Length
    {
        get
        {
            try
            {
                return RandomAccess.GetLength(file);
            }
            catch (Exception e) when (Failures.IsFileError(e))
            {
                return largest;
            }
        }
    }
}
