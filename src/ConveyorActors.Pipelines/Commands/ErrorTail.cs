using System.Text;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>Keeps the end of what a command wrote on standard error: at least the last 4 KiB.</summary>
sealed class ErrorTail
{
    const int Kept = 4096;
    readonly byte[] buffer = new byte[Kept * 2];
    int length;

    /// <summary>Gets what was said, line by line, as far as it may be held.</summary>
    public ErrorLines Said { get; } = new();

    /// <summary>Reads to the end of the stream; what it kept may be asked for before.</summary>
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
            // What was read serves.
        }
    }

    /// <summary>Takes more of what it said.</summary>
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

    /// <summary>The last line that says something; empty when there is none.</summary>
    public string LastLine()
    {
        var text = Encoding
            .UTF8.GetString(buffer, 0, length)
            .Split('\n')
            .LastOrDefault(line => !string.IsNullOrWhiteSpace(line), "")
            .Trim();
        return text.Length <= 500 ? text : text[..500] + "...";
    }
}
