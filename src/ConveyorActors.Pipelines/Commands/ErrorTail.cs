using System.Text;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>Keeps the end of a command's standard error: at least the last 4 KiB.</summary>
sealed class ErrorTail
{
    const int Kept = 4096;
    readonly byte[] buffer = new byte[Kept * 2];
    int length;

    /// <summary>Gets the lines written so far, within their bounds.</summary>
    public ErrorLines Said { get; } = new();

    /// <summary>Reads to the end of the stream. The text kept so far can be read before that.</summary>
    public async Task ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                if (length == buffer.Length)
                {
                    buffer.AsSpan(Kept).CopyTo(buffer);
                    length = Kept;
                }
                var count = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
                if (count == 0)
                    return;
                Said.Add(buffer.AsSpan(length, count));
                length += count;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The text read so far is used.
        }
    }

    /// <summary>Adds bytes that the command wrote.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        Said.Add(bytes);
        while (bytes.Length > 0)
        {
            if (length == buffer.Length)
            {
                buffer.AsSpan(Kept).CopyTo(buffer);
                length = Kept;
            }
            var count = Math.Min(bytes.Length, buffer.Length - length);
            bytes[..count].CopyTo(buffer.AsSpan(length));
            length += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Returns the last line that is not blank; empty if there is none.</summary>
    public string GetLastLine()
    {
        var text = Encoding
            .UTF8.GetString(buffer, 0, length)
            .Split('\n')
            .LastOrDefault(line => !string.IsNullOrWhiteSpace(line), "")
            .Trim();
        return text.Length <= 500 ? text : text[..500] + "...";
    }
}
