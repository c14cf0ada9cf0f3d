using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Running;

/// <summary>Reads the existing content of a dead-letter file.</summary>
static class DeadLetterReading
{
    /// <summary>Returns whether the last line has no line break because its writer was killed.</summary>
    public static bool HasIncompleteLastLine(OutputFile file)
    {
        try
        {
            Span<byte> last = stackalloc byte[1];
            return file.Length is > 0 and var length
                && RandomAccess.Read(file.Handle, last, length - 1) == 1
                && last[0] != '\n';
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            return false; // The file may be writable but not readable.
        }
    }

    /// <summary>
    /// Returns the end of the last complete gzip member if an incomplete member follows, because its writer was killed.
    /// Null: there is nothing to remove.
    /// </summary>
    /// <exception cref="PipelineInputException">
    /// The file contains other data, and a member appended to it could not be read.
    /// </exception>
    public static long? FindEndOfWholeMembers(OutputFile file, string path)
    {
        var members = new GzipReading(new FileReading(file.Handle, 0));
        try
        {
            if (file.Length > 0)
                members.Skip(long.MaxValue);
            return null;
        }
        catch (GzipException e) when (e.IsCutShort)
        {
            return members.WholeMembers;
        }
        catch (GzipException e)
        {
            throw new PipelineInputException(
                $"dead letters '{path}' cannot be appended to: {e.Message}. Move the file away, or name another one"
            );
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            return null; // The file may be writable but not readable.
        }
    }

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
            Stream text = new FileReading(file.Handle, 0);
            if (isGzip)
                text = new GzipTail(text);
            using var reader = new LineReader(text, Array.MaxLength - 1);
            while (true)
            {
                while (reader.TryRead(out var line))
                {
                    var (stage, sequence, key) = Parse(line.Bytes);
                    if (sequence > 0)
                        found.UnionWith(numbered[(stage, sequence)]);
                    else if (key is not null)
                        plain[key] = plain.GetValueOrDefault(key) + 1;
                }
                if (reader.IsAtEnd)
                    break;
                // Reading a file never waits for another program, so blocking is fine.
                _ = reader.FillAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
            }
            return [.. letters.Where(l => !found.Contains(l) && !TakeOne(plain, GetKey(l)))];
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            return [];
        }
    }

    static bool TakeOne(Dictionary<string, int> plain, string key)
    {
        if (!plain.TryGetValue(key, out var count) || count == 0)
            return false;
        plain[key] = count - 1;
        return true;
    }

    static (string Stage, long Sequence, string? Key) Parse(ReadOnlySpan<byte> line)
    {
        string stage = "",
            source = "";
        long sequence = 0;
        byte[] payload = [];
        try
        {
            var json = new Utf8JsonReader(line);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return ("", 0, null);
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var name = json.GetString();
                json.Read();
                switch (name)
                {
                    case "stage":
                        stage = json.GetString() ?? "";
                        break;
                    case "source":
                        source = json.GetString() ?? "";
                        break;
                    case "sequence":
                        sequence = json.GetInt64();
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
            return (stage, sequence, FormatKey(stage, source, payload));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return ("", 0, null); // A line of another program, or an incomplete one.
        }
    }

    static string GetKey(DeadLetter<ConveyorRecord> letter) =>
        FormatKey(letter.Record.TargetStageId, letter.Record.SourceId, letter.Record.Record.Payload.Span);

    static string FormatKey(string stage, string source, ReadOnlySpan<byte> payload) =>
        $"{stage}\n{source}\n{Convert.ToHexString(SHA256.HashData(payload))}";
}
