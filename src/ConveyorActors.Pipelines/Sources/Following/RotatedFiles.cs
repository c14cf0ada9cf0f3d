using System.Globalization;
using ConveyorActors.Pipelines.Files;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>A file in the directory of a followed one.</summary>
/// <param name="Path">The current path of the file.</param>
/// <param name="Number">The number of the file in the file system.</param>
readonly record struct RotatedFile(string Path, string Number);

/// <summary>Finds the rotated files of a followed file. They are in the same directory.</summary>
static class RotatedFiles
{
    const char Separator = '.';

    const string OfDates = "0123456789T:._-";

    /// <summary>
    /// Returns the current path of the file with this number, in the directory of the given path; null: it is not
    /// there.
    /// </summary>
    public static string? Find(string path, string number)
    {
        if (FileId.FindNumber(path) == number)
            return path;
        return EnumerateOthers(path).FirstOrDefault(f => f.Number == number).Path;
    }

    /// <summary>
    /// Returns the rotated files of a path that were created after one file and before another, in the order of their
    /// creation. Rotation adds a number or a date to the name (log.1, log-20260131, log.1.txt for log.txt). Empty if
    /// the file system does not keep creation times.
    /// </summary>
    /// <param name="path">The followed path.</param>
    /// <param name="after">The number of the file that was created before them.</param>
    /// <param name="since">The number of the newest file to exclude; null: none is excluded.</param>
    /// <param name="before">The number of the file that was created after them; null: there is none yet.</param>
    public static IReadOnlyList<RotatedFile> FindBetween(string path, string after, string? since, string? before)
    {
        if (ParseBirthTime(after) is not { } first)
            return [];
        var (least, last) = (ParseBirthTime(since), ParseBirthTime(before));
        return
        [
            .. Enumerate(path)
                .Where(f => f.Number != after && f.Number != before)
                .Select(f => (File: f, Birth: ParseBirthTime(f.Number)))
                .Where(f =>
                    f.Birth is { } birth
                    && birth.CompareTo(first) >= 0
                    && (least is not { } l || birth.CompareTo(l) > 0)
                    && (last is not { } end || birth.CompareTo(end) <= 0)
                )
                .OrderBy(f => f.Birth)
                .Select(f => f.File),
        ];
    }

    /// <summary>
    /// Returns the number of the newest rotated file in the directory of a path; null: there is none, or creation times
    /// are not known.
    /// </summary>
    /// <param name="path">The followed path.</param>
    /// <param name="like">The identity whose first bytes the file must have; null: any file.</param>
    public static string? FindNewest(string path, FileIdentity? like) =>
        FindNewestNumber((like is null ? Enumerate(path) : FindCopies(path, like)).Select(f => f.Number));

    /// <summary>
    /// Returns the rotated files in the directory of a path whose first bytes are those of a file that was at the path:
    /// they appear to be copies of it.
    /// </summary>
    public static IEnumerable<RotatedFile> FindCopies(string path, FileIdentity of) =>
        Enumerate(path).Where(f => HasSameStart(f.Path, of));

    /// <summary>Returns whether a file appears to be a copy of a file at a path.</summary>
    public static bool IsCopy(string copy, string path, FileIdentity of) =>
        Path.GetDirectoryName(copy) == Path.GetDirectoryName(path)
        && IsRotatedName(Path.GetFileName(path), Path.GetFileName(copy))
        && HasSameStart(copy, of);

    /// <summary>
    /// Returns the number of the file that was created last; null: there is none, or creation times are not known.
    /// </summary>
    public static string? FindNewestNumber(IEnumerable<string?> numbers) =>
        numbers.Where(n => ParseBirthTime(n) is not null).MaxBy(n => ParseBirthTime(n)!.Value);

    /// <summary>Returns whether rotation gives a file such a name.</summary>
    public static bool IsRotatedName(string name, string other)
    {
        if (other.StartsWith(name, StringComparison.Ordinal) && IsAdded(other.AsSpan(name.Length)))
            return true;
        var end = Path.GetExtension(name);
        var stem = name[..^end.Length];
        return end.Length > 0
            && stem.Length > 0
            && other.Length > name.Length
            && other.StartsWith(stem, StringComparison.Ordinal)
            && other.EndsWith(end, StringComparison.Ordinal)
            && IsAdded(other.AsSpan()[stem.Length..^end.Length]);
    }

    static IEnumerable<RotatedFile> Enumerate(string path) =>
        EnumerateOthers(path).Where(f => IsRotatedName(Path.GetFileName(path), Path.GetFileName(f.Path)));

    static bool HasSameStart(string path, FileIdentity like)
    {
        try
        {
            using var file = File.OpenHandle(
                path,
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete
            );
            return like.HasSameStart(file);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            return false;
        }
    }

    /// <summary>Returns whether a text is a number or a date as rotation adds it to a name.</summary>
    static bool IsAdded(ReadOnlySpan<char> text)
    {
        if (text is not [Separator or '_' or '-', >= '0' and <= '9', ..])
            return false;
        return text[^1] == 'Z' ? !text[1..^1].ContainsAnyExcept(OfDates) : !text[1..].ContainsAnyExcept(OfDates);
    }

    /// <summary>
    /// Returns the creation time of a file in a form that can be compared; null: the number does not contain it.
    /// </summary>
    static (long Seconds, long Nanoseconds)? ParseBirthTime(string? number) =>
        number?.Split('.') is [_, var seconds, var nanoseconds]
        && long.TryParse(seconds, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var s)
        && long.TryParse(nanoseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var n)
            ? (s, n)
            : null;

    /// <summary>Returns all other files in the path's directory; none if the directory cannot be searched.</summary>
    static IEnumerable<RotatedFile> EnumerateOthers(string path)
    {
        var folder = Path.GetDirectoryName(path);
        foreach (var name in ListNames(string.IsNullOrEmpty(folder) ? "." : folder))
        {
            var at = string.IsNullOrEmpty(folder) ? name : Path.Combine(folder, name);
            if (FileId.Find(at) is { Kind: FileKind.Regular } && FileId.FindNumber(at) is { } number)
                yield return new(at, number);
        }
    }

    static IReadOnlyList<string> ListNames(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f))];
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            return [];
        }
    }
}
