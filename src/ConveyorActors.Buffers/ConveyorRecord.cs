using System.Runtime.Serialization;

namespace ConveyorActors.Buffers;

/// <summary>The record type for users without a type of their own; storage, HTTP and actors carry it.</summary>
/// <remarks>
/// Immutable and compared by value, including payload and headers. The payload is not copied: do not change the bytes
/// after offering them. Headers in a dictionary that can be changed are copied. System.Text.Json writes and reads the
/// record as it is, with the payload in base64. Serializers that know <see cref="ISerializable"/>, such as Newtonsoft's,
/// which Akka.NET uses for users' messages, also carry all of it.
/// </remarks>
/// <param name="Id">
/// The id for duplicate suppression and for consumers that settle by id. Empty: the record has no id.
/// </param>
/// <param name="Payload">The bytes. <see cref="GetSize"/> returns what limits in bytes count for the record.</param>
[Serializable]
public sealed record ConveyorRecord(string Id, ReadOnlyMemory<byte> Payload) : ISerializable
{
    /// <summary>
    /// The bytes of id, key and headers together that no limit counts, so that usual records count only their payload.
    /// </summary>
    const int UncountedBytes = 512;

    /// <summary>The memory that a header takes besides its characters.</summary>
    const int BytesPerHeader = 64;

    static readonly IReadOnlyDictionary<string, string> NoHeaders = System
        .Collections
        .Frozen
        .FrozenDictionary<string, string>
        .Empty;

    // Kept apart from the record to save memory: nearly all records have none of these, and there are millions of
    // records.
    sealed record RareParts(
        string? Key,
        IReadOnlyDictionary<string, string>? Headers,
        long HeaderBytes,
        DateTimeOffset? EventTime,
        bool HasPosition
    )
    {
        public static readonly RareParts None = new(null, null, 0, null, false),
            OnlyPosition = None with { HasPosition = true };
    }

    readonly RareParts? rare;
    readonly SourcePosition position;

    ConveyorRecord(SerializationInfo info, StreamingContext context)
        : this(RecordBytes.Read(info)) { }

    /// <summary>
    /// Gets the id for duplicate suppression and for consumers that settle by id. Empty: the record has no id.
    /// </summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public string Id
    {
        get;
        init => field = ValidateId(value);
    } = ValidateId(Id);

    /// <summary>Gets the key that groups records which belong together; null when the record has none.</summary>
    public string? Key
    {
        get => rare?.Key;
        init
        {
            if (value != Key)
                rare = (rare ?? RareParts.None) with { Key = value };
        }
    }

    /// <summary>Gets names and values that travel with the payload. Default: none.</summary>
    /// <remarks>
    /// A dictionary that can be changed is copied, so that later changes of it have no effect. A type of your own that
    /// is only an <see cref="IReadOnlyDictionary{TKey, TValue}"/> is not copied; it must never change.
    /// </remarks>
    /// <exception cref="ArgumentNullException">The dictionary or a value in it is null.</exception>
    /// <exception cref="ArgumentException">The dictionary's count is not the number of its entries.</exception>
    public IReadOnlyDictionary<string, string> Headers
    {
        get => rare?.Headers ?? NoHeaders;
        init
        {
            ValidateHeaders(value);
            var headers = value.Count == 0 ? NoHeaders : FixedHeaders.Create(value);
            if (headers.Count > 0 || rare?.Headers is not null)
                rare = (rare ?? RareParts.None) with { Headers = headers, HeaderBytes = CountBytes(headers) };
        }
    }

    /// <summary>
    /// Gets the time of the event that the record describes, set by the user; null when unknown. The buffers never read
    /// it.
    /// </summary>
    public DateTimeOffset? EventTime
    {
        get => rare?.EventTime;
        init
        {
            if (value != EventTime)
                rare = (rare ?? RareParts.None) with { EventTime = value };
        }
    }

    /// <summary>
    /// Gets the position at which the source continues after this record; null when the source has no positions. A
    /// store keeps the last position that was accepted.
    /// </summary>
    public SourcePosition? Position
    {
        get => rare is { HasPosition: true } ? position : null;
        init
        {
            position = value.GetValueOrDefault();
            if (rare is not null)
                rare = rare with { HasPosition = value is not null };
            else if (value is not null)
                rare = RareParts.OnlyPosition;
        }
    }

    /// <summary>
    /// Returns the bytes that limits in bytes count for the record: those of the payload, and what id, key and headers
    /// take in memory beyond 512 bytes. Each character is two bytes, and each header 64 more.
    /// </summary>
    public int GetSize()
    {
        var others = 2L * Id.Length - UncountedBytes;
        if (rare is not null)
            others += 2L * (rare.Key?.Length ?? 0) + rare.HeaderBytes;
        return others > 0 ? (int)Math.Min(Payload.Length + others, int.MaxValue) : Payload.Length;
    }

    /// <summary>
    /// Returns whether both records are equal by value: the bytes of the payload, and the headers in any order.
    /// </summary>
    public bool Equals(ConveyorRecord? other) =>
        ReferenceEquals(this, other)
        || other is not null
            && Id == other.Id
            && Key == other.Key
            && EventTime == other.EventTime
            && Position == other.Position
            && Payload.Span.SequenceEqual(other.Payload.Span)
            && AreHeadersEqual(Headers, other.Headers);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Key, Payload.Length);

    void ISerializable.GetObjectData(SerializationInfo info, StreamingContext context)
    {
        ArgumentNullException.ThrowIfNull(info);
        RecordBytes.Write(this, info);
    }

    static string ValidateId(string? id) =>
        id
        ?? throw new ArgumentNullException(
            nameof(Id),
            "Id is null; it must be a string, empty for a record without an id."
        );

    static void ValidateHeaders(IReadOnlyDictionary<string, string>? headers)
    {
        if (headers is null)
            throw new ArgumentNullException(
                nameof(Headers),
                "Headers is null; it must be a dictionary, empty for a record without headers."
            );
    }

    /// <summary>
    /// Returns the bytes that headers take in memory. Null values and a wrong count are refused: a store or the wire
    /// would fail at such a record, and at the records after it.
    /// </summary>
    static long CountBytes(IReadOnlyDictionary<string, string> headers)
    {
        var (count, bytes) = (0, 0L);
        foreach (var (name, value) in headers)
        {
            if (value is null)
                throw new ArgumentNullException(nameof(Headers), $"Headers[\"{name}\"] is null; it must be a string.");
            count++;
            bytes += 2L * (name.Length + value.Length) + BytesPerHeader;
        }
        return count == headers.Count
            ? bytes
            : throw new ArgumentException(
                $"Headers.Count is {headers.Count}, but the number of entries is {count}; they must be equal.",
                nameof(Headers)
            );
    }

    static bool AreHeadersEqual(IReadOnlyDictionary<string, string> headers, IReadOnlyDictionary<string, string> others)
    {
        if (ReferenceEquals(headers, others))
            return true;
        if (headers.Count != others.Count)
            return false;
        foreach (var (name, value) in headers)
            if (!others.TryGetValue(name, out var other) || other != value)
                return false;
        return true;
    }
}
