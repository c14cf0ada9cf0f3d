using System.Buffers;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Lines;
using ConveyorActors.Storage.Files;

namespace ConveyorActors.Pipelines.Sinks;

/// <summary>
/// The file or stream that gets the results. Bytes of an incomplete write are removed again if that is possible.
/// </summary>
sealed class SinkOutput : IDisposable
{
    readonly Stream stream;
    readonly OutputFile? file;
    readonly byte[] buffer = ArrayPool<byte>.Shared.Rent(128 << 10);
    readonly bool canCut,
        isKept,
        isGzip;
    SinkPlan? plan;
    FileEnd end = new(),
        endBefore = new();
    bool isToEmpty;
    byte lineEnd = (byte)'\n';
    long good,
        before,
        written;
    int length;

    /// <param name="stream">The stream to write lines to.</param>
    /// <param name="canCut">Whether bytes of a failed write can be removed again.</param>
    /// <param name="isGzip">Whether lines are written as gzip members.</param>
    public SinkOutput(Stream stream, bool canCut, bool isGzip = false) =>
        (this.stream, this.canCut, this.isGzip) = (stream, canCut, isGzip);

    SinkOutput(OutputFile file, string path, bool isKept)
        : this(file.Stream, file.IsFile, GzipNames.Is(path)) =>
        (this.file, this.isKept) = (file, isKept && file.IsFile);

    /// <summary>Gets the identity of the file; null: not a file.</summary>
    public FileId? Id => file?.Id;

    /// <summary>Sets the byte that ends each line. Default \n.</summary>
    public byte LineEnd
    {
        init => lineEnd = value;
    }

    /// <summary>
    /// Gets the number of bytes that were written completely; null if it cannot be known, as for a pipe.
    /// </summary>
    public long? Length => canCut ? good : null;

    /// <summary>Gets whether the sink contains only bytes that were written completely.</summary>
    public bool IsWhole
    {
        get
        {
            try
            {
                return canCut && stream.Length == good;
            }
            catch (Exception e) when (Failures.IsFileError(e))
            {
                return false;
            }
        }
    }

    /// <summary>
    /// Gets the current length of the file in bytes; null if there is no file, or its length cannot be read.
    /// </summary>
    public long? FileLength
    {
        get
        {
            try
            {
                return file is { IsFile: true } && file.DescribeLoss(0) is null ? file.Length : null;
            }
            catch (Exception e) when (Failures.IsFileError(e))
            {
                return null;
            }
        }
    }

    /// <summary>Gets whether the content of the file from before the run is unchanged.</summary>
    public bool IsUntouched => isToEmpty && stream.Length > 0;

    /// <summary>
    /// Opens the sink, or throws the exception with which the run cannot begin. The content of a file stays until the
    /// first line is written.
    /// </summary>
    public static SinkOutput Open(SinkDefinition definition, byte lineEnd = (byte)'\n')
    {
        var opened = OutputFile.Open(definition.Path, "sink");
        return new SinkOutput(opened, definition.Path, isKept: false) { isToEmpty = opened.IsFile, LineEnd = lineEnd };
    }

    /// <summary>
    /// Opens a sink whose length is stored, without changing it. Throws if the sink is not as an earlier run left it.
    /// </summary>
    /// <param name="definition">The sink.</param>
    /// <param name="mark">The state that an earlier run stored; null: there was none.</param>
    /// <param name="waiting">The records that wait for the sink.</param>
    /// <param name="warn">Receives warnings for the user.</param>
    /// <param name="lineEnd">The byte that ends each line.</param>
    /// <param name="planPath">The path of the file that records what is about to be written; null: none.</param>
    public static async Task<SinkOutput> OpenKeptAsync(
        SinkDefinition definition,
        SinkMark? mark,
        Func<IEnumerable<ReadOnlyMemory<byte>>> waiting,
        Action<string> warn,
        byte lineEnd = (byte)'\n',
        string? planPath = null
    )
    {
        var path = definition.Path;
        if (mark?.Length > 0 && Descriptors.FindDescriptor(path, Descriptors.Output) is null && !File.Exists(path))
            throw IsNot(
                $"sink '{path}' does not exist, but {Quantity.Format(mark.Length.Value, "byte")} had been written to it"
            );
        var opened = OutputFile.Open(path, "sink");
        try
        {
            if (mark is null)
            {
                if (opened.IsFile && opened.Length > 0)
                    throw new PipelineInputException(
                        $"sink '{path}' has {Quantity.Format(opened.Length, "byte")} that {(opened.Length == 1 ? "is" : "are")} unknown to the data directory; with --data an existing file is never emptied. "
                            + "Move the file away, or use the data directory that belongs to it"
                    );
            }
            else
            {
                var known = new SinkComparison(path, mark, opened, lineEnd, planPath);
                if (await known.ValidateAsync(waiting).ConfigureAwait(false) is { } why)
                    throw IsNot(why);
                if (known.Cut > 0)
                    warn(
                        $"{Quantity.Format(known.Cut, "byte")} after byte {mark.Length} of sink '{path}' {(known.Cut == 1 ? "is" : "are")} removed: the machine was restarted, and nothing after that byte had been settled"
                    );
                if (known.IsCopy)
                    warn(
                        $"sink '{path}' is not the file that an earlier run wrote, but has the same end; the run continues with it"
                    );
            }
            var good = mark?.Length ?? 0;
            var end = opened.IsFile ? FileEnd.Read(opened.Handle, good) : null;
            return new SinkOutput(opened, path, isKept: true)
            {
                good = good,
                end = end ?? new(),
                LineEnd = lineEnd,
                plan = opened.IsFile ? SinkPlan.Open(planPath) : null,
            };
        }
        catch
        {
            opened.Discard();
            throw;
        }
    }

    /// <summary>Returns the state to store for the next run.</summary>
    public SinkMark CreateMark(string path, bool isOpen) =>
        isKept ? new(path, good, isOpen, FileId.FindNumber(file!.Handle), end.Hash) : new(path, Length, isOpen);

    /// <summary>
    /// Removes bytes that were never settled, or throws the exception with which the run cannot begin.
    /// </summary>
    public void Begin()
    {
        if (!isKept || stream is not FileStream open)
            return;
        try
        {
            open.SetLength(good);
            open.Position = good;
            // A new file is lost in a power cut until its directory is synced.
            DirectorySync.Sync(Path.GetDirectoryName(Path.GetFullPath(open.Name))!);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            throw new PipelineInputException(
                $"{Failures.DescribeSink(open.Name)} cannot be written: {Failures.DescribeReason(e, open.Name)}"
            );
        }
    }

    /// <summary>Returns the error of a write in a sentence that names the file at fault.</summary>
    public static string DescribeFailure(Exception error, string path) =>
        error is SinkPlanException plan
            ? plan.Message
            : $"{Failures.DescribeSink(path)} cannot be written: {Failures.DescribeReason(error, path)}";

    /// <summary>
    /// Returns the reason why the written bytes are lost; null: they are there, or this cannot be determined.
    /// </summary>
    public string? DescribeLoss()
    {
        try
        {
            return file?.DescribeLoss(good);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            return e.Message;
        }
    }

    /// <summary>
    /// Completes the sink at the end of a run that has reached its end. If nothing was written, the content from before
    /// the run is removed.
    /// </summary>
    public async ValueTask FinishAsync()
    {
        if (isToEmpty)
            Truncate();
        // A file without any member is not a valid gzip file.
        if (isGzip && good == 0)
            await WriteAsync(default, isEmptyMember: true).ConfigureAwait(false);
    }

    static PipelineInputException IsNot(string why) =>
        new(
            $"{why}{(why.Contains(". ", StringComparison.Ordinal) ? "" : ". Restore the file as it was")}, or start again with another data directory and another sink"
        );

    /// <summary>Removes the bytes of the last write, which was not settled.</summary>
    public void TakeBack()
    {
        var most = good - before;
        (good, end) = (before, endBefore);
        CutBack(most);
    }

    /// <summary>Writes header lines if nothing has been written yet.</summary>
    public async ValueTask WriteFirstAsync(IReadOnlyList<ReadOnlyMemory<byte>> lines)
    {
        if (good > (isGzip ? GzipNames.EmptyLength : 0))
            return;
        await WriteAsync(lines.Select(line => new ConveyorRecord("", line)).ToArray(), isEmptyMember: false)
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Writes one line for each record; all of them are written when the returned task completes. If the write fails,
    /// none of them is.
    /// </summary>
    public ValueTask WriteAsync(ReadOnlyMemory<ConveyorRecord> records) => WriteAsync(records, isEmptyMember: false);

    async ValueTask WriteAsync(ReadOnlyMemory<ConveyorRecord> records, bool isEmptyMember)
    {
        written = 0;
        length = 0;
        if (isToEmpty)
            Truncate();
        if (file?.DescribeLoss(good) is { } lost)
            throw new IOException(lost);
        if (canCut && stream.Length != good)
        {
            if (isKept)
                throw new IOException(
                    $"it has {Quantity.Format(stream.Length, "byte")}, but {Quantity.Format(good, "byte")} had been written to it: another program writes to it"
                );
            good = stream.Length;
        }
        endBefore = isKept ? end.Copy() : end;
        try
        {
            for (var i = 0; i < records.Length; i++)
            {
                var line = records.Span[i].Payload;
                if (line.Length + 1L > buffer.Length - length)
                    await FlushAsync().ConfigureAwait(false);
                if (line.Length + 1L > buffer.Length)
                {
                    await WriteBytesAsync(line).ConfigureAwait(false);
                }
                else
                {
                    line.CopyTo(buffer.AsMemory(length));
                    length += line.Length;
                }
                buffer[length++] = lineEnd;
            }
            if (isEmptyMember)
                await WriteBytesAsync(default).ConfigureAwait(false);
            await FlushAsync().ConfigureAwait(false);
            if (isKept && stream is FileStream open)
                open.Flush(flushToDisk: true);
            before = good;
            good += written;
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            end = endBefore;
            CutBack(written);
            throw;
        }
    }

    /// <summary>Deletes a file that was created for a run which does not begin.</summary>
    public void Discard()
    {
        plan?.Dispose();
        if (file is null)
            Dispose();
        else
            file.Discard();
    }

    public void Dispose()
    {
        plan?.Dispose();
        if (file is null)
            stream.Dispose();
        else
            file.Dispose();
    }

    void Truncate()
    {
        stream.SetLength(0);
        stream.Position = 0;
        isToEmpty = false;
    }

    async ValueTask FlushAsync()
    {
        if (length > 0)
            await WriteBytesAsync(buffer.AsMemory(0, length)).ConfigureAwait(false);
        await stream.FlushAsync().ConfigureAwait(false);
        length = 0;
    }

    /// <summary>
    /// Writes bytes unchanged or, in a gzip file, as a member of their own, so that the file can be truncated after
    /// them.
    /// </summary>
    async ValueTask WriteBytesAsync(ReadOnlyMemory<byte> bytes)
    {
        if (isGzip)
            bytes = GzipNames.CompressMember(bytes.Span);
        written += bytes.Length;
        if (isKept)
            plan?.RecordNext(stream.Length, end, bytes);
        await stream.WriteAsync(bytes).ConfigureAwait(false);
        if (isKept)
            end.Add(bytes.Span);
    }

    /// <param name="most">
    /// Maximum bytes that can have been written after the last complete write; more were written by another program.
    /// </param>
    void CutBack(long most)
    {
        if (!canCut)
            return;
        try
        {
            if (stream.Length - good > most)
                return;
            stream.SetLength(good);
            stream.Position = good;
        }
        catch (Exception e) when (Failures.IsFileError(e) || e is ArgumentException)
        {
            // A device has no length.
        }
    }
}
