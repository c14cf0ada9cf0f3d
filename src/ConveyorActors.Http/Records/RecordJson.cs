using System.Text.Json;
using System.Text.Unicode;

namespace ConveyorActors.Http.Records;

/// <summary>
/// Writes records as JSON objects: the members that an offer with <c>body=records</c> reads, and those that the buffers
/// add.
/// </summary>
static class RecordJson
{
    /// <summary>Writes a record, with the reason if it is a dead letter.</summary>
    public static void Write(
        Utf8JsonWriter json,
        in BufferedRecord<ConveyorRecord> record,
        DeadLetter<ConveyorRecord>? letter = null
    )
    {
        json.WriteStartObject();
        json.WriteNumber("sequence", record.Sequence);
        json.WriteString("source", record.SourceId);
        json.WriteString("bufferedAt", record.BufferedAt);
        json.WriteNumber("retries", record.RetryCount);
        if (letter is not null)
        {
            json.WriteString("reason", letter.Reason.ToString());
            json.WriteString("error", letter.LastError);
            json.WriteString("at", letter.At);
        }
        WriteContents(json, record.Record);
        json.WriteEndObject();
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
            json.WriteString("text", record.Payload.Span);
        else
            json.WriteBase64String("base64", record.Payload.Span);
    }
}
