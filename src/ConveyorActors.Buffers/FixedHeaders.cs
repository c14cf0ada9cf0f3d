using System.Collections.ObjectModel;

namespace ConveyorActors.Buffers;

/// <summary>
/// A record's own copy of its headers. A store or the wire reads them later, perhaps on another thread; in a dictionary
/// that has changed meanwhile it would write what nobody can read.
/// </summary>
sealed class FixedHeaders : ReadOnlyDictionary<string, string>
{
    FixedHeaders(Dictionary<string, string> copy)
        : base(copy) { }

    /// <summary>
    /// Returns a copy of headers that could change, and other headers as they are: those that are read-only by their
    /// type.
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
