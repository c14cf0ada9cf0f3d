namespace ConveyorActors.Buffers;

/// <summary>What users buffer when they have no type of their own: what storage, HTTP and actors carry.</summary>
/// <remarks>Immutable. The payload is not copied: do not change the bytes after offering them.</remarks>
/// <param name="Id">Identifies the record for duplicate suppression and for consumers that settle by id. Empty: has none.</param>
/// <param name="Payload">The bytes; counted against byte limits.</param>
public sealed record ConveyorRecord(string Id, ReadOnlyMemory<byte> Payload)
{
    static readonly IReadOnlyDictionary<string, string> NoHeaders =
        System.Collections.Frozen.FrozenDictionary<string, string>.Empty;

    /// <summary>Records of one key belong together; null when the record has none.</summary>
    public string? Key { get; init; }

    /// <summary>Names and values that travel with the payload. Default: none.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = NoHeaders;

    /// <summary>When it happened, in the user's terms; null when unknown. The buffers never read it.</summary>
    public DateTimeOffset? EventTime { get; init; }

    /// <summary>Where the source goes on after this record; null when it has no positions. A store keeps the last one that was accepted.</summary>
    public SourcePosition? Position { get; init; }
}
