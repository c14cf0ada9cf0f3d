using ConveyorActors.Buffers.Inspection;

namespace ConveyorActors.Actors.Settings;

/// <summary>Formats the names of keys, and finds the key that a mistyped name most likely means.</summary>
static class KeyNames
{
    /// <summary>Returns the path of a key below a path, in quotes where HOCON needs them.</summary>
    public static string Join(string path, string key) =>
        key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? $"{path}.{key}"
            : $"{path}.\"{key}\"";

    /// <summary>Returns a name in kebab case: OneLeasePerSource as one-lease-per-source.</summary>
    public static string ToKebabCase(string name) =>
        string.Concat(
            name.Select(
                (c, i) => char.IsAsciiLetterUpper(c) ? (i == 0 ? "" : "-") + char.ToLowerInvariant(c) : c.ToString()
            )
        );

    /// <summary>
    /// Returns the candidate that begins with the key, or else the one with the fewest letters to change, whatever the
    /// order of its words; null: there is no candidate.
    /// </summary>
    public static string? FindNearest(string key, IEnumerable<string> candidates) =>
        candidates.MinBy(candidate =>
            candidate.StartsWith(key + "-", StringComparison.OrdinalIgnoreCase)
                ? 0
                : Math.Min(
                    NearestName.CountChanges(key, candidate),
                    1 + NearestName.CountChanges(SortWords(key), SortWords(candidate))
                )
        );

    static string SortWords(string key) =>
        string.Join('-', key.ToLowerInvariant().Split('-').Order(StringComparer.Ordinal));
}
