using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>Reads a command's standard output into records, and no more of them than may be held.</summary>
/// <remarks>
/// A hop is one step, so all results of a batch are held until it is done. The bound keeps a command that floods from
/// taking all memory.
/// </remarks>
/// <param name="lineEnd">What ends each line.</param>
/// <param name="most">
/// Bytes that the results of one batch may have, see <see cref="StageDefinition.MaxResults"/>.
/// </param>
sealed class ResultLines(byte lineEnd, long most)
{
    /// <summary>
    /// What is counted for each line in addition to its bytes; for one that repeats the line before it there is nothing
    /// else.
    /// </summary>
    const int LineOverhead = 24,
        RepeatedOverhead = 8;

    readonly LineBytes bytes = new();
    ConveyorRecord[] records = new ConveyorRecord[256];
    int count;
    long taken;

    public int Count => count;

    /// <summary>Bytes that one line may have.</summary>
    public long Most => most;

    public ReadOnlyMemory<ConveyorRecord> Records => records.AsMemory(0, count);

    /// <summary>False when there was more than may be held.</summary>
    public async Task<bool> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var reader = new LineReader(stream, (int)Math.Min(most, Array.MaxLength - 1), lineEnd);
        do
        {
            while (reader.TryRead(out var line))
                if (line.IsTooLong || !Add(line.Bytes))
                    return false;
        } while (await reader.FillAsync(cancellationToken).ConfigureAwait(false));
        while (reader.TryRead(out var line))
            if (line.IsTooLong || !Add(line.Bytes))
                return false;
        return true;
    }

    /// <summary>Adds one line; false when there are more bytes now than may be held.</summary>
    public bool Add(ReadOnlySpan<byte> line)
    {
        if (count == records.Length)
            Array.Resize(ref records, count * 2);
        // Records never change, so lines that repeat can be one.
        if (count > 0 && records[count - 1].Payload.Span.SequenceEqual(line))
        {
            records[count] = records[count - 1];
            taken += RepeatedOverhead;
        }
        else
        {
            records[count] = new ConveyorRecord("", bytes.Copy(line));
            taken += line.Length + LineOverhead;
        }
        count++;
        return taken <= most;
    }
}
