using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Sinks;

/// <summary>Compares an open sink with what an earlier run left in it.</summary>
sealed class SinkComparison(string path, SinkMark mark, OutputFile file, byte lineEnd, string? planPath)
{
    long Settled => mark.Length ?? 0;

    /// <summary>
    /// Gets whether the sink is another file than before. If the end of its settled part is the same, it is a copy.
    /// </summary>
    public bool IsCopy =>
        file.IsFile && mark.Number is { } number && FileId.FindNumber(file.Handle) is { } now && now != number;

    string Advice => $"Save the added bytes elsewhere and truncate the file to {Quantity.Format(Settled, "byte")}";

    /// <summary>Gets the number of bytes to remove although it is not known who wrote them.</summary>
    public long Cut { get; private set; }

    /// <summary>Returns the reason why the sink is not what the earlier run left; null: it is.</summary>
    public async Task<string?> ValidateAsync(Func<IEnumerable<ReadOnlyMemory<byte>>> waiting)
    {
        if (!file.IsFile)
            return Settled > 0
                ? $"sink '{path}' is no longer a file, but {Quantity.Format(Settled, "byte")} had been written to it"
                : null;
        var bytes = file.Length;
        if (bytes < Settled)
            return $"sink '{path}' has {Quantity.Format(bytes, "byte")}, but {Quantity.Format(Settled, "byte")} had been written to it";
        if (mark.End is { } end && FileEnd.Read(file.Handle, Settled) is { } now && now.Hash != end)
            return $"sink '{path}' is not the file that an earlier run wrote: the bytes before byte {Settled} are different";
        if (bytes == Settled)
            return null;
        if (!mark.IsOpen || mark.Length is null)
            return $"sink '{path}' has {Quantity.Format(bytes, "byte")}, but an earlier run left it with {Quantity.Format(Settled, "byte")}: another program has written to it. {Advice}";
        var verdict = IsCopy ? SinkPlan.SinkOrigin.Foreign : SinkPlan.Check(planPath, file.Handle, bytes);
        if (verdict == SinkPlan.SinkOrigin.Ours)
            return null;
        if (
            !IsCopy
            && await UnsettledTail
                .IsOursAsync(file.Handle, Settled, waiting, LineSink.BatchLines, lineEnd, GzipNames.Is(path))
                .ConfigureAwait(false)
        )
            return null;
        if (verdict == SinkPlan.SinkOrigin.Unknown)
        {
            // After a power cut the sink may contain records that never reached the data directory, and these look like
            // bytes of any other writer.
            Cut = bytes - Settled;
            return null;
        }
        return $"sink '{path}' has {Quantity.Format(bytes, "byte")}, and what is after byte {Settled} is not from the run that was killed: another program has written to it. {Advice}";
    }
}
