using System.Collections.Concurrent;
using System.Collections.ObjectModel;

namespace ConveyorActors.Buffers;

/// <summary>
/// A record's own copy of its headers. A store reads them later and on another thread; from a dictionary that changed
/// meanwhile it would write an entry that cannot be read again.
/// </summary>
sealed class FixedHeaders : ReadOnlyDictionary<string, string>
{
    /// <param name="own">A dictionary that nothing else refers to.</param>
    public FixedHeaders(Dictionary<string, string> own)
        : base(own) { }

    /// <summary>
    /// Returns a copy of headers whose type allows changes. Headers of a type that is read-only are returned as they
    /// are.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Create(IReadOnlyDictionary<string, string> headers) =>
        headers switch
        {
            FixedHeaders => headers,
            ReadOnlyDictionary<string, string> or ICollection<KeyValuePair<string, string>> { IsReadOnly: false } =>
                new FixedHeaders(new(headers, GetComparer(headers))),
            _ => headers,
        };

    /// <summary>
    /// Returns the comparer of a dictionary, so that a copy finds the same names; the ordinal comparer for types that do
    /// not show theirs.
    /// </summary>
    static IEqualityComparer<string> GetComparer(IReadOnlyDictionary<string, string> headers) =>
        headers switch
        {
            Dictionary<string, string> { Comparer: var comparer } => comparer,
            ConcurrentDictionary<string, string> { Comparer: var comparer } => comparer,
            SortedDictionary<string, string> { Comparer: StringComparer comparer } => comparer,
            SortedList<string, string> { Comparer: StringComparer comparer } => comparer,
            _ => StringComparer.Ordinal,
        };
}
