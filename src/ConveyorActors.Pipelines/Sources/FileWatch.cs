using ConveyorActors.Pipelines.Files;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>
/// Notices that a file is cut short or rewritten while it is read. It may grow, and what is renamed stays open.
/// </summary>
/// <remarks>One thread.</remarks>
sealed class FileWatch(SafeFileHandle file, long size, TimeProvider clock)
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    long largest = size,
        lastMark;
    ReadMark? mark;

    /// <summary>Remembers what is before a place that has been read, where it is time to; null: it is not.</summary>
    /// <param name="offset">The place.</param>
    /// <param name="isLast">Now or never.</param>
    public ReadMark? MarkAt(long offset, bool isLast)
    {
        if (mark?.Offset == offset || (!isLast && lastMark != 0 && clock.GetElapsedTime(lastMark) < Interval))
            return null;
        lastMark = clock.GetTimestamp();
        largest = Math.Max(largest, Length);
        // What has been replaced already must not pass for what was read.
        return mark is { } before && !before.Holds(file) ? null : mark = ReadMark.At(file, offset);
    }

    /// <summary>Why not all of the file has been read although it ended; null: it was.</summary>
    public string? WhyTorn(long read)
    {
        largest = Math.Max(largest, read);
        var now = Length;
        if (now < largest)
            return $"it has {now} bytes now, and had {largest}";
        return mark is { } last && !last.Holds(file) ? "it was rewritten" : null;
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
