using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Records;

/// <summary>
/// Writes records as JSON objects: the members that an offer with <c>body=records</c> reads, and those that the buffers
/// add.
/// </summary>
/// <remarks>
/// Not safe for use by many threads. The source and the time of the last record are kept as JSON, because records that
/// follow each other mostly have them in common.
/// </remarks>
sealed class RecordJson
{
    static readonly JsonEncodedText Sequence = JsonEncodedText.Encode("sequence"),
        Source = JsonEncodedText.Encode("source"),
        BufferedAt = JsonEncodedText.Encode("bufferedAt"),
        Retries = JsonEncodedText.Encode("retries"),
        Text = JsonEncodedText.Encode("text");

    string? source;
    JsonEncodedText sourceText;
    DateTimeOffset time;
    byte[] timeJson = [];

    /// <summary>Writes a record, with the reason if it is a dead letter.</summary>
    public void Write(
        Utf8JsonWriter json,
        in BufferedRecord<ConveyorRecord> record,
        DeadLetter<ConveyorRecord>? letter = null
    )
    {
        json.WriteStartObject();
        json.WriteNumber(Sequence, record.Sequence);
        WriteOrigin(json, record);
        json.WriteNumber(Retries, record.RetryCount);
        if (letter is not null)
        {
            json.WriteString("reason", letter.Reason.ToString());
            json.WriteString("error", letter.LastError);
            json.WriteString("at", letter.At);
        }
        WriteContents(json, record.Record);
        json.WriteEndObject();
    }

    void WriteOrigin(Utf8JsonWriter json, in BufferedRecord<ConveyorRecord> record)
    {
        if (!string.Equals(source, record.SourceId, StringComparison.Ordinal))
            (source, sourceText) = (record.SourceId, JsonEncodedText.Encode(record.SourceId, JsonText.Compact.Encoder));
        if (timeJson.Length == 0 || time != record.BufferedAt)
            (time, timeJson) = (
                record.BufferedAt,
                JsonSerializer.SerializeToUtf8Bytes(record.BufferedAt, TimeJson.Default.DateTimeOffset)
            );
        json.WriteString(Source, sourceText);
        json.WritePropertyName(BufferedAt);
        json.WriteRawValue(timeJson, skipInputValidation: true);
    }

    static void WriteContents(Utf8JsonWriter json, ConveyorRecord record)
    {
        if (record.Id.Length > 0)
            json.WriteString("id", record.Id);
        if (record.Key is { } key)
            json.WriteString("key", key);
        if (record.EventTime is { } time)
            json.WriteString("eventTime", time);
        if (record.Headers.Count > 0)
        {
            json.WriteStartObject("headers");
            foreach (var (name, value) in record.Headers)
                json.WriteString(name, value);
            json.WriteEndObject();
        }
        if (Utf8.IsValid(record.Payload.Span))
            json.WriteString(Text, record.Payload.Span);
        else
            json.WriteBase64String("base64", record.Payload.Span);
    }
}

/// <summary>Writes times as JSON, without reflection.</summary>
[JsonSerializable(typeof(DateTimeOffset))]
sealed partial class TimeJson : JsonSerializerContext;
