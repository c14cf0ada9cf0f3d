using System.Security.Cryptography;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Lines;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Sinks;

/// <summary>
/// Tells what a run that was killed had written and not settled from what somebody else has written after it.
/// </summary>
static class UnsettledTail
{
    /// <summary>
    /// True when everything past <paramref name="from"/> is among the records that wait for the sink: then they are
    /// written again, and it may go. A last line may be a part of one, and where power was cut zeros may stand for what
    /// never came to the disk.
    /// </summary>
    /// <param name="file">The sink.</param>
    /// <param name="from">What had been settled, in bytes.</param>
    /// <param name="waiting">The records that wait for the sink.</param>
    /// <param name="most">Lines that can have been written and not settled.</param>
    /// <param name="lineEnd">What ends each line.</param>
    /// <param name="isGzip">The lines are compressed; the last gzip member may be a part of one.</param>
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
