using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Records;

/// <summary>Makes records from the items of a body.</summary>
/// <remarks>Not safe for use by many threads.</remarks>
/// <param name="isJson">Whether the items must be JSON.</param>
/// <param name="isWrapped">
/// Whether the items are records with ids, keys and headers around the payload; otherwise each is a payload.
/// </param>
/// <param name="idField">The member of an item whose value is the record's id; null: the records have no ids.</param>
/// <param name="headers">The headers of every record that has none of its own; null: none.</param>
/// <param name="maxBytes">Maximum bytes of one item.</param>
sealed class RecordParser(
    bool isJson,
    bool isWrapped,
    string? idField,
    IReadOnlyDictionary<string, string>? headers,
    int maxBytes
)
{
    /// <summary>
    /// Maximum characters of a record's id, key and headers together, counting <see cref="HeaderOverhead"/> more for
    /// each header.
    /// </summary>
    public const int MaxMetadataLength = 16 << 10,
        HeaderOverhead = 32;

    static ReadOnlySpan<byte> Blanks => " \t\r\n"u8;

    /// <summary>Returns the record of an item; null: the item is blank.</summary>
    /// <param name="bytes">The bytes from which the item was taken last.</param>
    /// <param name="item">The item.</param>
    /// <param name="number">The number of the item.</param>
    /// <exception cref="BadItemException">The item is not a record; the message has the reason.</exception>
    public ConveyorRecord? Parse(ReceivedBytes bytes, ReadOnlyMemory<byte> item, long number)
    {
        var payload = isJson && HasBlanksAround(item.Span) ? item.Trim(Blanks) : item;
        CheckSize(item, number);
        if (isJson && payload.IsEmpty)
            return null;
        try
        {
            if (isWrapped)
                return CheckMetadata(WrappedRecord.Read(payload, headers));
            if (!isJson || idField is null && JsonRecognizer.IsValid(payload.Span))
                return CreateRecord("", bytes.Keep(payload));
            if (!Utf8.IsValid(payload.Span))
                throw new BadItemException(number, "it has bytes that are not UTF-8");
            var id = idField is null ? ValidateJson(payload.Span) : FindId(payload.Span);
            return CheckMetadata(CreateRecord(id, bytes.Keep(payload)));
        }
        catch (JsonException e)
        {
            throw new BadItemException(number, JsonText.DescribeError(e, "it"));
        }
        catch (FormatException e)
        {
            throw new BadItemException(number, e.Message);
        }
        catch (InvalidOperationException)
        {
            throw new BadItemException(number, "it has half of a surrogate pair; it must be valid text");
        }
    }

    /// <summary>Checks the size of an item.</summary>
    /// <exception cref="BadItemException">The item is too large.</exception>
    public void CheckSize(ReadOnlyMemory<byte> item, long number)
    {
        // The blanks around the payload count: whether they have arrived yet must make no difference.
        if (item.Length > maxBytes)
            throw CreateTooLargeError(number, item.Length, maxBytes);
    }

    static bool HasBlanksAround(ReadOnlySpan<byte> item) => !item.IsEmpty && (item[0] <= ' ' || item[^1] <= ' ');

    /// <summary>Returns whether an item is blank and thus contains no record.</summary>
    public bool IsBlank(ReadOnlySpan<byte> item) => isJson && !item.ContainsAnyExcept(Blanks);

    public static BadItemException CreateTooLargeError(long number, long bytes, int most) =>
        new(number, FormattableString.Invariant($"it has {bytes} bytes or more; a record must have at most {most}"))
        {
            IsTooLarge = true,
        };

    ConveyorRecord CreateRecord(string id, ReadOnlyMemory<byte> payload) =>
        headers is null ? new(id, payload) : new(id, payload) { Headers = headers };

    /// <summary>
    /// Limits the id, the key and the headers: no usual record has more, and an id is remembered for longer than its
    /// record is kept.
    /// </summary>
    static ConveyorRecord CheckMetadata(ConveyorRecord record)
    {
        long length = record.Id.Length + (record.Key?.Length ?? 0);
        foreach (var (name, value) in record.Headers)
            length += name.Length + value.Length + HeaderOverhead;
        return length <= MaxMetadataLength
            ? record
            : throw new FormatException(
                FormattableString.Invariant(
                    $"its id, key and headers have {length} characters, counting {HeaderOverhead} more for each header; they must have at most {MaxMetadataLength}"
                )
            );
    }

    static string ValidateJson(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read()) { }
        return "";
    }

    string FindId(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var id = "";
        var isId = false;
        while (reader.Read())
        {
            if (isId)
                id = ReadId(ref reader);
            isId =
                reader.TokenType == JsonTokenType.PropertyName
                && reader.CurrentDepth == 1
                && reader.ValueTextEquals(idField);
        }
        return id;
    }

    string ReadId(ref Utf8JsonReader reader) =>
        reader.TokenType switch
        {
            JsonTokenType.String => WrappedRecord.ReadText(ref reader, idField!),
            JsonTokenType.Number => Encoding.ASCII.GetString(reader.ValueSpan),
            JsonTokenType.Null => "",
            _ => throw new FormatException(
                $"'{HttpProblem.Sanitize(idField!)}' is {JsonText.DescribeValue(ref reader)}; an id must be a string or a number"
            ),
        };
}
