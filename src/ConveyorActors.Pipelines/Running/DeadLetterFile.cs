using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Running;

/// <summary>One dead letter as the file has it.</summary>
readonly record struct DeadLine(
    string? Stage, string Source, long? Line, int Retries, string Reason, string Error, ReadOnlyMemory<byte> Bytes, bool Truncated = false)
{
    public static DeadLine Of(in BufferedRecord<ConveyorRecord> record, string reason, string error) => new(
        record.TargetStageId, record.SourceId, LineNumber.Of(record.Record), record.RetryCount, reason, error, record.Record.Payload);
}

/// <summary>Writes dead letters as lines of JSON, one after the other, each one out before the next.</summary>
/// <remarks>Safe for any thread. Without a path it takes them and does nothing.</remarks>
sealed class DeadLetterFile(string? path, TimeProvider clock, RunControl control) : IDisposable
{
    // Lines are shown as they are; nobody puts this file into a web page.
    static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly Lock gate = new();
    readonly ArrayBufferWriter<byte> line = new();
    FileStream? file;

    /// <summary>True when somebody wants them.</summary>
    public bool IsOpen => file is not null;

    /// <summary>Creates the file, or throws what the run cannot begin with.</summary>
    /// <param name="goesOn">Keep what an earlier run wrote there.</param>
    public void Open(bool goesOn)
    {
        if (path is null) return;
        try
        {
            file = new FileStream(path, goesOn ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            throw new PipelineInputException($"dead letters '{path}' cannot be written: {Failures.Reason(e, path)}");
        }
    }


    public void Add(in DeadLine letter)
    {
        if (file is null) return;
        try
        {
            lock (gate)
            {
                line.ResetWrittenCount();
                Write(letter);
                file.Write(line.WrittenSpan);
            }
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            control.Fail($"dead letters '{path}' cannot be written: {Failures.Reason(e, path!)}");
        }
    }

    public void Dispose()
    {
        try
        {
            file?.Dispose();
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            control.Note($"dead letters '{path}' cannot be written: {Failures.Reason(e, path!)}");
        }
    }

    void Write(in DeadLine letter)
    {
        using (var json = new Utf8JsonWriter(line, Readable))
        {
            json.WriteStartObject();
            json.WriteString("at", clock.GetUtcNow());
            json.WriteString("stage", letter.Stage);
            json.WriteString("source", letter.Source);
            if (letter.Line is { } number) json.WriteNumber(LineNumber.Name, number);
            json.WriteNumber("retries", letter.Retries);
            json.WriteString("reason", letter.Reason);
            json.WriteString("error", letter.Error);
            var bytes = letter.Truncated ? WholeCharacters(letter.Bytes.Span) : letter.Bytes.Span;
            if (Utf8.IsValid(bytes)) json.WriteString("text", bytes);
            else json.WriteBase64String("base64", letter.Bytes.Span);
            if (letter.Truncated) json.WriteBoolean("truncated", true);
            json.WriteEndObject();
        }
        line.Write("\n"u8);
    }

    /// <summary>A text that was cut may have lost the end of its last character.</summary>
    static ReadOnlySpan<byte> WholeCharacters(ReadOnlySpan<byte> bytes)
    {
        for (var cut = 0; cut <= 3 && cut < bytes.Length; cut++)
            if (Utf8.IsValid(bytes[..^cut])) return bytes[..^cut];
        return bytes;
    }
}
