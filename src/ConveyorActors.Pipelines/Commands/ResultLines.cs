using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>Reads a command's standard output into records, and no more than <see cref="MaxBytes"/> of them.</summary>
/// <remarks>A hop is one step, so all results of a batch are held until it is done. The bound keeps a command that floods from taking all memory.</remarks>
sealed class ResultLines(byte lineEnd)
{
    /// <summary>Bytes that the results of one batch may take in memory.</summary>
    public const int MaxBytes = 64 << 20;

    const int RecordOverhead = 120, ReferenceOverhead = 8;

    ConveyorRecord[] records = new ConveyorRecord[256];
    int count;
    long taken;

    public ReadOnlyMemory<ConveyorRecord> Records => records.AsMemory(0, count);

    /// <summary>False when there was more than may be held.</summary>
    public async Task<bool> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        using var reader = new LineReader(stream, MaxBytes, lineEnd);
        do
        {
            while (reader.TryRead(out var line))
                if (line.IsTooLong || !Add(line.Bytes)) return false;
        }
        while (await reader.FillAsync(cancellation).ConfigureAwait(false));
        while (reader.TryRead(out var line))
            if (line.IsTooLong || !Add(line.Bytes)) return false;
        return true;
    }

    bool Add(ReadOnlySpan<byte> line)
    {
        if (count == records.Length) Array.Resize(ref records, count * 2);
        // Records never change, so lines that repeat can be one.
        if (count > 0 && records[count - 1].Payload.Span.SequenceEqual(line))
        {
            records[count] = records[count - 1];
            taken += ReferenceOverhead;
        }
        else
        {
            records[count] = new ConveyorRecord("", line.ToArray());
            taken += line.Length + RecordOverhead;
        }
        count++;
        return taken <= MaxBytes;
    }
}
