using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Running;

/// <summary>Reads the existing content of a dead-letter file.</summary>
static class DeadLetterReading
{
    /// <summary>Identifies the dead letter of a line that never was in a buffer, within its source.</summary>
    public readonly record struct UnbufferedLetter(long Line, string Hash);

    /// <summary>A dead letter in the file.</summary>
    readonly record struct WrittenLetter(string? Stage, string Source, long Sequence, long? Line, byte[] Payload);

    /// <summary>Returns the dead letters that are not in the file; none if the file cannot be read.</summary>
    public static IReadOnlyList<DeadLetter<ConveyorRecord>> FindMissing(
        OutputFile file,
        IReadOnlyList<DeadLetter<ConveyorRecord>> letters,
        bool isGzip = false
    )
    {
        try
        {
            var numbered = letters
                .Where(l => l.Record.Sequence > 0)
                .ToLookup(l => (l.Record.TargetStageId, l.Record.Sequence));
            var found = new HashSet<DeadLetter<ConveyorRecord>>(ReferenceEqualityComparer.Instance);
            var plain = new Dictionary<string, int>(StringComparer.Ordinal);
            ReadLetters(
                file,
                isGzip,
                letter =>
                {
                    if (letter.Sequence > 0)
                        found.UnionWith(numbered[(letter.Stage ?? "", letter.Sequence)]);
                    else
                    {
                        var key = FormatKey(letter.Stage ?? "", letter.Source, letter.Payload);
                        plain[key] = plain.GetValueOrDefault(key) + 1;
                    }
                }
            );
            return [.. letters.Where(l => !found.Contains(l) && !TakeOne(plain, GetKey(l)))];
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            return [];
        }
    }

    /// <summary>
    /// Returns the last letter of each source for a line that never was in a buffer; none if the file cannot be read.
    /// </summary>
    public static IReadOnlyDictionary<string, UnbufferedLetter> FindLastUnbuffered(OutputFile file, bool isGzip)
    {
        var last = new Dictionary<string, UnbufferedLetter>(StringComparer.Ordinal);
        try
        {
            ReadLetters(
                file,
                isGzip,
                letter =>
                {
                    if (letter is { Stage: null, Line: not null })
                        last[letter.Source] = Identify(letter.Line, letter.Payload);
                }
            );
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            // The file may be writable but not readable.
        }
        return last;
    }

    /// <summary>Returns the identity of the letter for a line that never was in a buffer.</summary>
    public static UnbufferedLetter Identify(long? line, ReadOnlySpan<byte> content) =>
        new(line ?? 0, Convert.ToHexString(SHA256.HashData(content)));

    /// <summary>Returns whether a line is a complete dead letter.</summary>
    public static bool IsLetter(ReadOnlySpan<byte> line) => Parse(line) is not null;

    static void ReadLetters(OutputFile file, bool isGzip, Action<WrittenLetter> take)
    {
        Stream text = new FileReading(file.Handle, 0);
        if (isGzip)
            text = new GzipTail(text);
        using var reader = new LineReader(text, Array.MaxLength - 1);
        while (true)
        {
            while (reader.TryRead(out var line))
                if (Parse(line.Bytes) is { } letter)
                    take(letter);
            if (reader.IsAtEnd)
                return;
            // Reading a file never waits for another program, so blocking is fine.
            _ = reader.FillAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }
    }

    static bool TakeOne(Dictionary<string, int> plain, string key)
    {
        if (!plain.TryGetValue(key, out var count) || count == 0)
            return false;
        plain[key] = count - 1;
        return true;
    }

    /// <summary>Returns the dead letter in a line; null: a line of another program, or an incomplete one.</summary>
    static WrittenLetter? Parse(ReadOnlySpan<byte> line)
    {
        string? stage = null;
        var source = "";
        long sequence = 0;
        long? number = null;
        byte[] payload = [];
        try
        {
            var json = new Utf8JsonReader(line);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var name = json.GetString();
                json.Read();
                switch (name)
                {
                    case "stage":
                        stage = json.GetString();
                        break;
                    case "source":
                        source = json.GetString() ?? "";
                        break;
                    case "sequence":
                        sequence = json.GetInt64();
                        break;
                    case LineNumber.Name:
                        number = json.GetInt64();
                        break;
                    case "text":
                        payload = Encoding.UTF8.GetBytes(json.GetString() ?? "");
                        break;
                    case "base64":
                        payload = json.GetBytesFromBase64();
                        break;
                    default:
                        json.Skip();
                        break;
                }
            }
            return new(stage, source, sequence, number, payload);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    static string GetKey(DeadLetter<ConveyorRecord> letter) =>
        FormatKey(letter.Record.TargetStageId, letter.Record.SourceId, letter.Record.Record.Payload.Span);

    static string FormatKey(string stage, string source, ReadOnlySpan<byte> payload) =>
        $"{stage}\n{source}\n{Convert.ToHexString(SHA256.HashData(payload))}";
}
