using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>Reads a command's standard output into records, up to a limit of bytes.</summary>
/// <remarks>
/// A hop is one step, so all results of a batch are held until the batch is done. The limit keeps a command that writes
/// too much from taking all memory.
/// </remarks>
/// <param name="lineEnd">The byte that ends each line.</param>
/// <param name="most">Maximum bytes of the results of one batch, see <see cref="StageDefinition.MaxResults"/>.</param>
/// <param name="lines">The number of lines that the command gets: most commands write about as many.</param>
sealed class ResultLines(byte lineEnd, long most, int lines = 0)
{
    /// <summary>
    /// Bytes counted for each line in addition to its content. A line that repeats the previous one counts only the
    /// smaller number.
    /// </summary>
    const int LineOverhead = 24,
        RepeatedOverhead = 8;

    const int Fewest = 16;

    readonly LineBytes bytes = new();
    ConveyorRecord[] records = new ConveyorRecord[Math.Max(Fewest, lines)];
    int count;
    long taken;

    public int Count => count;

    /// <summary>Gets the maximum bytes of one line.</summary>
    public long Most => most;

    public ReadOnlyMemory<ConveyorRecord> Records => records.AsMemory(0, count);

    /// <summary>Reads the stream to its end. Returns false if there was more than may be held.</summary>
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

    /// <summary>Adds one line. Returns false if there are now more bytes than may be held.</summary>
    public bool Add(ReadOnlySpan<byte> line)
    {
        if (count == records.Length)
            Array.Resize(ref records, count * 2);
        // Records are immutable, so repeated lines share one.
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
