using System.Globalization;
using ConveyorActors.Pipelines.Files;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>A file beside a followed one.</summary>
/// <param name="Path">Where it is now.</param>
/// <param name="Number">What the file system calls it.</param>
readonly record struct RotatedFile(string Path, string Number);

/// <summary>Finds the files that a followed file was renamed to: they are beside it, in the same directory.</summary>
static class RotatedFiles
{
    const char Separator = '.';

    const string OfDates = "0123456789T:._-";

    /// <summary>
    /// Returns where the file with a number is now, at its path or beside it; null: it is in neither place.
    /// </summary>
    public static string? Find(string path, string number)
    {
        if (FileId.Number(path) == number)
            return path;
        return Others(path).FirstOrDefault(f => f.Number == number).Path;
    }

    /// <summary>
    /// Returns the files that have the path's name with a number or a date added, as rotation adds them (log.1,
    /// log-20260131, log.1.txt for log.txt), and that were made after one file and before another, in the order in
    /// which they were made. None where the file system does not keep when a file was made.
    /// </summary>
    /// <param name="path">The followed path.</param>
    /// <param name="after">The number of the file that was made before them.</param>
    /// <param name="since">The number of the newest of those that must not be among them; null: there are none.</param>
    /// <param name="before">The number of the file that was made after them; null: there is none yet.</param>
    public static IReadOnlyList<RotatedFile> Between(string path, string after, string? since, string? before)
    {
        if (Birth(after) is not { } first)
            return [];
        var (least, last) = (Birth(since), Birth(before));
        return
        [
            .. Beside(path)
                .Where(f => f.Number != after && f.Number != before)
                .Select(f => (File: f, Birth: Birth(f.Number)))
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
    /// Returns the newest of the files beside a path that have its name with a number or a date added; null: there are
    /// none, or it is not kept when they were made.
    /// </summary>
    /// <param name="path">The followed path.</param>
    /// <param name="like">Only those that begin like this; null: all.</param>
    public static string? NewestBeside(string path, FileIdentity? like) =>
        Newest((like is null ? Beside(path) : Copies(path, like)).Select(f => f.Number));

    /// <summary>
    /// Returns the files beside a path that have its name with a number or a date added and begin as a file at the path
    /// did: copies of that, as far as can be told.
    /// </summary>
    public static IEnumerable<RotatedFile> Copies(string path, FileIdentity of) =>
        Beside(path).Where(f => Begins(f.Path, of));

    /// <summary>Returns whether a file is a copy, as far as can be told, of one that is at a path.</summary>
    public static bool IsCopy(string copy, string path, FileIdentity of) =>
        Path.GetDirectoryName(copy) == Path.GetDirectoryName(path)
        && IsRotatedName(Path.GetFileName(path), Path.GetFileName(copy))
        && Begins(copy, of);

    /// <summary>
    /// Returns the number of the file that was made last; null: there are none, or it is not kept when they were made.
    /// </summary>
    public static string? Newest(IEnumerable<string?> numbers) =>
        numbers.Where(n => Birth(n) is not null).MaxBy(n => Birth(n)!.Value);

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

    static IEnumerable<RotatedFile> Beside(string path) =>
        Others(path).Where(f => IsRotatedName(Path.GetFileName(path), Path.GetFileName(f.Path)));

    static bool Begins(string path, FileIdentity like)
    {
        try
        {
            using var file = File.OpenHandle(
                path,
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete
            );
            return like.BeginsLike(file);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            return false;
        }
    }

    /// <summary>Returns whether a text is a number or a date, as it is added to a name.</summary>
    static bool IsAdded(ReadOnlySpan<char> text)
    {
        if (text is not [Separator or '_' or '-', >= '0' and <= '9', ..])
            return false;
        return text[^1] == 'Z' ? !text[1..^1].ContainsAnyExcept(OfDates) : !text[1..].ContainsAnyExcept(OfDates);
    }

    /// <summary>When the file was made, in the order of time; null: the number does not have that.</summary>
    static (long Seconds, long Nanoseconds)? Birth(string? number) =>
        number?.Split('.') is [_, var seconds, var nanoseconds]
        && long.TryParse(seconds, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var s)
        && long.TryParse(nanoseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var n)
            ? (s, n)
            : null;

    /// <summary>
    /// All files in the path's directory. None of one that cannot be searched: then nothing is found there.
    /// </summary>
    static IEnumerable<RotatedFile> Others(string path)
    {
        var folder = Path.GetDirectoryName(path);
        foreach (var name in Names(string.IsNullOrEmpty(folder) ? "." : folder))
        {
            var at = string.IsNullOrEmpty(folder) ? name : Path.Combine(folder, name);
            if (FileId.Of(at) is { Kind: FileKind.Regular } && FileId.Number(at) is { } number)
                yield return new(at, number);
        }
    }

    static IReadOnlyList<string> Names(string folder)
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
