using System.Text;
using ConveyorActors.Pipelines.Files;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>
/// A path with shell wildcards: * matches any characters, ? matches one, [a-z] matches one of these, [!a-z] matches one
/// other; none of them matches a slash.
/// </summary>
/// <remarks>
/// Immutable. A name that begins with a dot is matched only by a part of the pattern that begins with a dot.
/// </remarks>
sealed class PathPattern
{
    readonly string text;

    PathPattern(string text) => this.text = text;

    /// <summary>
    /// Returns the pattern of a path; null: the path has no wildcards, or it is the name of an existing file.
    /// </summary>
    /// <param name="path">The path, or - for standard input.</param>
    public static PathPattern? Find(string path) =>
        HasWildcard(path) && !File.Exists(path) && !Directory.Exists(path)
            ? new(ReplaceSeparators(path, Path.DirectorySeparatorChar))
            : null;

    /// <summary>
    /// Returns a path with slashes in place of the system's separators. Windows takes both, and allows neither in a
    /// name.
    /// </summary>
    internal static string ReplaceSeparators(string path, char separator) => path.Replace(separator, '/');

    /// <summary>
    /// Returns the paths of all files that match now, in ordinal order. Directories are not included.
    /// </summary>
    /// <param name="onUnusable">
    /// Called with each matching path that is not UTF-8, with its bytes escaped. No file can be opened by such a path,
    /// so it is not among the results.
    /// </param>
    /// <exception cref="IOException">A directory cannot be searched.</exception>
    /// <exception cref="UnauthorizedAccessException">A directory may not be searched.</exception>
    public IReadOnlyList<string> Matches(Action<string>? onUnusable = null)
    {
        List<string> found = [""];
        var parts = text.Split('/');
        for (var i = 0; i < parts.Length; i++)
        {
            var (part, isLast) = (parts[i], i == parts.Length - 1);
            found = HasWildcard(part)
                ?
                [
                    .. found.SelectMany(folder =>
                        ListNames(folder, isLast, part, onUnusable).Select(n => isLast ? folder + n : folder + n + "/")
                    ),
                ]
                :
                [
                    .. found
                        .Select(folder => isLast ? folder + part : folder + part + "/")
                        .Where(p => !isLast || File.Exists(p)),
                ];
        }
        found.Sort(StringComparer.Ordinal);
        return found;
    }

    /// <summary>Returns whether a path matches, whether or not the file exists.</summary>
    public bool IsMatch(string path)
    {
        string[] parts = text.Split('/'),
            names = ReplaceSeparators(path, Path.DirectorySeparatorChar).Split('/');
        return parts.Length == names.Length
            && parts.Zip(names).All(p => HasWildcard(p.First) ? Matches(p.First, p.Second) : p.First == p.Second);
    }

    /// <summary>Returns whether a name without slashes matches a part of a pattern.</summary>
    public static bool Matches(string pattern, string name)
    {
        if (name is ['.', ..] && pattern is not ['.', ..])
            return false;
        return Matches([.. pattern.EnumerateRunes()], [.. name.EnumerateRunes()]);
    }

    /// <summary>Returns the pattern as it was given.</summary>
    public override string ToString() => text;

    static bool HasWildcard(string part) => part.AsSpan().ContainsAny('*', '?', '[');

    /// <summary>Returns the matching names in a folder; none if the folder does not exist.</summary>
    static IEnumerable<string> ListNames(string folder, bool areFiles, string part, Action<string>? onUnusable)
    {
        var directory = new DirectoryInfo(folder.Length == 0 ? "." : folder);
        if (!directory.Exists)
            yield break;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in directory.EnumerateFileSystemInfos())
        {
            if (!Matches(part, entry.Name))
                continue;
            var raw = RawNames.Find(directory.FullName, entry.Name);
            if (raw.Count == 0)
            {
                // A link to a directory counts as a directory. Everything else counts as a file, such as a pipe or a
                // dangling link; opening it reports the error.
                if (Directory.Exists(entry.FullName) != areFiles)
                    yield return entry.Name;
                continue;
            }
            // Several such names may look alike.
            if (!seen.Add(entry.Name))
                continue;
            foreach (var name in raw.Where(r => areFiles ? r.MayBeFile : r.MayBeFolder))
                onUnusable?.Invoke(folder + RawNames.Escape(name.Bytes));
        }
    }

    /// <summary>Matches by going back to the last star only; an earlier star never has to match more.</summary>
    static bool Matches(ReadOnlySpan<Rune> pattern, ReadOnlySpan<Rune> name)
    {
        int p = 0,
            n = 0,
            star = -1,
            taken = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p].Value == '*')
                (star, taken) = (p++, n);
            else if (p < pattern.Length && MatchesOne(pattern, p, name[n], out var next))
                (p, n) = (next, n + 1);
            else if (star >= 0)
                (p, n) = (star + 1, ++taken);
            else
                return false;
        }
        while (p < pattern.Length && pattern[p].Value == '*')
            p++;
        return p == pattern.Length;
    }

    static bool MatchesOne(ReadOnlySpan<Rune> pattern, int at, Rune rune, out int next)
    {
        next = at + 1;
        if (pattern[at].Value == '?')
            return true;
        if (pattern[at].Value != '[' || FindBracketEnd(pattern, at) is not (> 0 and var end))
            return pattern[at] == rune;
        next = end + 1;
        var from = at + 1;
        var isNot = pattern[from].Value is '!' or '^';
        if (isNot)
            from++;
        return IsIn(pattern[from..end], rune) != isNot;
    }

    /// <summary>
    /// Returns the index of the ] of a [; -1: there is none, and [ is an ordinary character. A ] right after the [ is
    /// one of the characters.
    /// </summary>
    static int FindBracketEnd(ReadOnlySpan<Rune> pattern, int at)
    {
        var first = at + 1;
        if (first < pattern.Length && pattern[first].Value is '!' or '^')
            first++;
        for (var i = first + 1; i < pattern.Length; i++)
            if (pattern[i].Value == ']')
                return i;
        return -1;
    }

    static bool IsIn(ReadOnlySpan<Rune> set, Rune rune)
    {
        for (var i = 0; i < set.Length; i++)
        {
            if (i + 2 < set.Length && set[i + 1].Value == '-')
            {
                if (rune >= set[i] && rune <= set[i + 2])
                    return true;
                i += 2;
            }
            else if (set[i] == rune)
                return true;
        }
        return false;
    }
}
