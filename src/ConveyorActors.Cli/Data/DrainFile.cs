using ConveyorActors.Buffers;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Storage;

namespace ConveyorActors.Cli.Data;

/// <summary>
/// The file that a drain appends to. The position reached is stored atomically with the settlement of the records, so a
/// drain that was killed can be resumed: bytes it had written but not settled are removed first.
/// </summary>
sealed class DrainFile : IDisposable
{
    readonly OutputFile file;
    readonly string path,
        key;
    readonly bool isKept;
    readonly byte lineEnd;
    long good;
    int lastTaken;

    DrainFile(OutputFile file, string path, string key, bool isKept, long good, byte lineEnd) =>
        (this.file, this.path, this.key, this.isKept, this.good, this.lineEnd) = (
            file,
            path,
            key,
            isKept,
            good,
            lineEnd
        );

    /// <summary>Opens the file and removes the bytes that a killed drain had written but not settled.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="directory">The data directory that is drained.</param>
    /// <param name="pipeline">The pipeline in the directory.</param>
    /// <param name="stage">The stage of the pipeline.</param>
    /// <param name="remark">Receives remarks for the user.</param>
    /// <returns>
    /// The opened file; null, after a remark with the reason, if the file is not as the earlier drain left it.
    /// </returns>
    public static async Task<DrainFile?> OpenAsync(
        string path,
        DataDirectory directory,
        string pipeline,
        string stage,
        Action<string> remark
    )
    {
        var (full, key) = (Path.GetFullPath(path), DrainMark.GetKey(stage));
        if (GzipNames.Is(path))
        {
            remark(
                $"--to is '{path}', but a drain writes uncompressed lines; it must be a file without .gz (compress it afterwards)"
            );
            return null;
        }
        var lineEnd = DrainMark.GetLineEnd(directory, pipeline);
        var begun = DrainMark.Parse(directory.GetCheckpoint(pipeline, key));
        var file = OutputFile.Open(path, "--to");
        try
        {
            if (!file.IsFile)
                return new(file, full, key, isKept: false, 0, lineEnd);
            if (begun is { } mark && mark.Path == full)
            {
                if (
                    mark.DescribeMismatch(file.Stream, file.Handle, directory.ReadPayloads(pipeline, stage), lineEnd) is
                    { } why
                )
                {
                    remark(
                        $"--to is '{path}', which a killed drain had written up to byte {mark.Length}: {why}; restore the file, or drain to another file"
                    );
                    file.Discard();
                    return null;
                }
                file.Stream.SetLength(mark.Length);
            }
            else if (begun is { } other)
                remark(
                    $"a drain to '{other.Path}' was killed; the lines after byte {other.Length} of that file were not settled and are drained again"
                );
            var isNothing = !directory.ReadPayloads(pipeline, stage).Any();
            file.Stream.Position = file.Length;
            // The checkpoint contains the length with this line end, so that a killed drain is continued after it.
            if (!isNothing && HasIncompleteLastLine(file, lineEnd))
                file.Stream.WriteByte(lineEnd);
            DataDirectory.SyncParentDirectory(full);
            var opened = new DrainFile(file, full, key, isKept: true, file.Length, lineEnd);
            if (!isNothing || begun is not null)
                await directory.SetCheckpointAsync(pipeline, opened.CreateCheckpoint(isNothing)).ConfigureAwait(false);
            return opened;
        }
        catch
        {
            file.Discard();
            throw;
        }
    }

    /// <summary>Appends records, one line each. They are on disk when this method returns.</summary>
    /// <returns>The checkpoint to store with their settlement.</returns>
    public Checkpoint? Take(IReadOnlyList<ConveyorRecord> records, bool isLast)
    {
        // The records taken before are settled by now.
        lastTaken = 0;
        long written = 0;
        try
        {
            var lines = new MemoryStream();
            foreach (var record in records)
            {
                lines.Write(record.Payload.Span);
                lines.WriteByte(lineEnd);
            }
            if (isKept && file.Length != good)
                throw new IOException(
                    $"it has {CountText.FormatWithNoun(file.Length, "byte")}, but {CountText.FormatWithNoun(good, "byte")} had been written to it: another program writes to it"
                );
            written = lines.Length;
            file.Stream.Write(lines.GetBuffer().AsSpan(0, (int)lines.Length));
            if (file.Stream is FileStream open)
                open.Flush(flushToDisk: true);
        }
        catch (IOException) when (isKept)
        {
            if (file.Length > good && file.Length - good <= written)
                file.Stream.SetLength(good);
            throw;
        }
        lastTaken = records.Count;
        if (!isKept)
            return null;
        good = file.Length;
        return CreateCheckpoint(isLast);
    }

    /// <summary>
    /// Returns a sentence on the records that are in the file and not settled, because the data directory cannot be
    /// written; null: there are none.
    /// </summary>
    public string? DescribeUnsettled() =>
        lastTaken == 0 ? null
        : isKept
            ? $"the last {CountText.FormatWithNoun(lastTaken, "record")} in {Printable.Sanitize(path, 200)} {(lastTaken == 1 ? "is" : "are")} not settled and still in the directory; only the same drain removes {(lastTaken == 1 ? "it" : "them")} from the file, so repeat it before the next {Terminal.ProgramName} run"
        : $"the last {CountText.FormatWithNoun(lastTaken, "record")} written {(lastTaken == 1 ? "is" : "are")} not settled and still in the directory; the next drain writes {(lastTaken == 1 ? "it" : "them")} again";

    public void Dispose() => file.Dispose();

    Checkpoint CreateCheckpoint(bool isLast) =>
        new(key, isLast ? DrainMark.Done : DrainMark.Format(file.Handle, good, path));

    static bool HasIncompleteLastLine(OutputFile file, byte lineEnd)
    {
        try
        {
            Span<byte> last = stackalloc byte[1];
            return file.Length is > 0 and var length
                && RandomAccess.Read(file.Handle, last, length - 1) == 1
                && last[0] != lineEnd;
        }
        catch (UnauthorizedAccessException)
        {
            return false; // The file may be writable but not readable.
        }
    }
}
