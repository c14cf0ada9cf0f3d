using System.Collections.ObjectModel;

namespace ConveyorActors.Buffers;

/// <summary>
/// A record's own copy of its headers. A store reads them later and on another thread; from a dictionary that changed
/// meanwhile it would write an entry that cannot be read again.
/// </summary>
sealed class FixedHeaders : ReadOnlyDictionary<string, string>
{
    FixedHeaders(Dictionary<string, string> copy)
        : base(copy) { }

    /// <summary>
    /// Returns a copy of headers whose type allows changes. Headers of a type that is read-only are returned as they
    /// are.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Create(IReadOnlyDictionary<string, string> headers) =>
        headers switch
        {
            FixedHeaders => headers,
            Dictionary<string, string> changeable => new FixedHeaders(new(changeable, changeable.Comparer)),
            ReadOnlyDictionary<string, string> or ICollection<KeyValuePair<string, string>> { IsReadOnly: false } =>
                new FixedHeaders(new(headers, StringComparer.Ordinal)),
            _ => headers,
        };
}
