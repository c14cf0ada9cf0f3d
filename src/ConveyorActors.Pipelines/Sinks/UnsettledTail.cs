using System.Security.Cryptography;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Lines;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Sinks;

/// <summary>
/// Distinguishes the unsettled bytes of a killed run from bytes that another program has written after it.
/// </summary>
static class UnsettledTail
{
    /// <summary>
    /// Returns whether everything past <paramref name="from"/> is among the records that wait for the sink, so that it
    /// may be removed and written again. The last line may be incomplete, and after a power cut zeros may stand for
    /// bytes that never reached the disk.
    /// </summary>
    /// <param name="file">The sink.</param>
    /// <param name="from">The number of settled bytes.</param>
    /// <param name="waiting">The records that wait for the sink.</param>
    /// <param name="most">Maximum number of lines that can be written and not settled.</param>
    /// <param name="lineEnd">The byte that ends each line.</param>
    /// <param name="isGzip">Whether the lines are compressed; the last gzip member may then be incomplete.</param>
    public static async Task<bool> IsOursAsync(
        SafeFileHandle file,
        long from,
        Func<IEnumerable<ReadOnlyMemory<byte>>> waiting,
        int most,
        byte lineEnd = (byte)'\n',
        bool isGzip = false
    )
    {
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        var count = 0;
        byte[] rest = [];
        Stream tail = new FileReading(file, from);
        if (isGzip)
            tail = new GzipTail(tail);
        using (var reader = new LineReader(tail, Array.MaxLength - 1, lineEnd))
        {
            while (true)
            {
                while (reader.TryRead(out var line))
                {
                    if (!line.HasEnd)
                        rest = line.Bytes.TrimEnd((byte)0).ToArray();
                    else if (++count > most)
                        return false;
                    else
                        lines[Hash(line.Bytes)] = lines.GetValueOrDefault(Hash(line.Bytes)) + 1;
                }
                if (reader.IsAtEnd)
                    break;
                try
                {
                    await reader.FillAsync(CancellationToken.None).ConfigureAwait(false);
                }
                catch (GzipException)
                {
                    return false;
                }
            }
        }
        var isFound = rest.Length == 0;
        foreach (var record in waiting())
        {
            if (!isFound && record.Span.StartsWith(rest))
                isFound = true;
            var hash = Hash(record.Span);
            if (lines.TryGetValue(hash, out var left))
            {
                if (left == 1)
                    lines.Remove(hash);
                else
                    lines[hash] = left - 1;
            }
            if (isFound && lines.Count == 0)
                return true;
        }
        return isFound && lines.Count == 0;
    }

    static string Hash(ReadOnlySpan<byte> line) => Convert.ToHexString(SHA256.HashData(line).AsSpan(0, 16));
}
