using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using ConveyorActors.Buffers;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Data;

/// <summary>The verb <c>peek</c>: shows the records of a stage as lines of JSON.</summary>
static class PeekCommand
{
    const int DefaultMax = 20;
    const string LineHeader = "line";

    static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    const string Examples = """
          conveyor peek ./state slim
          conveyor peek ./state slim --max 1000 | jq .text
        """;

    public static Command Create(Terminal terminal)
    {
        var verb = new DataVerb(
            terminal,
            new Verb(
                "peek",
                "Shows the first records of a stage in a data directory, one line of JSON each.",
                Examples
            ),
            hasStage: true
        );
        var max = Flag.CreateSingle(
            "--max",
            "N",
            $"The maximum number of records. Default: {DefaultMax}",
            Values.Records
        );
        verb.Verb.Options.Add(max);
        verb.Verb.SetAction(
            (parsed, _) =>
            {
                var inputErrors = new InputErrors();
                var count = inputErrors.Read(Values.Records, max.Name, max.GetText(parsed))?.Value ?? DefaultMax;
                return verb.RunAsync(
                    parsed,
                    inputErrors,
                    async path =>
                    {
                        await using var directory = verb.Open(path);
                        if (verb.Find(parsed, directory.ReadContents()) is not { } found)
                            return ExitCodes.Usage;
                        foreach (var record in directory.Peek(found.Pipeline, found.Stage.Stage, count))
                            terminal.Out.WriteLine(FormatLine(record));
                        verb.ShowNewFindings();
                        return ExitCodes.Done;
                    }
                );
            }
        );
        return verb.Verb;
    }

    /// <summary>Returns a record as a line of JSON, with the reason if it is a dead letter.</summary>
    public static string FormatLine(in BufferedRecord<ConveyorRecord> record, DeadLetter<ConveyorRecord>? letter = null)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("stage", record.TargetStageId);
            json.WriteString("source", record.SourceId);
            if (record.Sequence > 0)
                json.WriteNumber("sequence", record.Sequence);
            json.WriteString("at", record.BufferedAt);
            if (record.RetryCount > 0)
                json.WriteNumber("retries", record.RetryCount);
            if (letter is not null)
            {
                json.WriteString("reason", letter.Reason.ToString());
                json.WriteString("error", letter.LastError);
                json.WriteString("died", letter.At);
            }
            if (record.Record.Id.Length > 0)
                json.WriteString("id", record.Record.Id);
            if (record.Record.Key is { } key)
                json.WriteString("key", key);
            WriteHeaders(json, record.Record.Headers);
            if (Utf8.IsValid(record.Record.Payload.Span))
                json.WriteString("text", record.Record.Payload.Span);
            else
                json.WriteBase64String("base64", record.Record.Payload.Span);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>
    /// Writes a record's headers. Only the line number is a header of this program itself; headers set by other
    /// programs may have any name, including the names of other members of this object.
    /// </summary>
    static void WriteHeaders(Utf8JsonWriter json, IReadOnlyDictionary<string, string> headers)
    {
        if (headers.TryGetValue(LineHeader, out var line))
            json.WriteString(LineHeader, line);
        if (headers.Keys.All(k => k == LineHeader))
            return;
        json.WriteStartObject("headers");
        foreach (var (name, value) in headers.Where(h => h.Key != LineHeader))
            json.WriteString(name, value);
        json.WriteEndObject();
    }
}
