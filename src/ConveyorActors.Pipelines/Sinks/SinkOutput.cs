using System.Buffers;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Storage.Files;

namespace ConveyorActors.Pipelines.Sinks;

/// <summary>
/// The file or stream that results end in. What a write did not finish is cut off again where that is possible.
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

    /// <param name="stream">Where the lines go.</param>
    /// <param name="canCut">True when what a failed write left can be taken off again.</param>
    /// <param name="isGzip">True when gzip members are written.</param>
    public SinkOutput(Stream stream, bool canCut, bool isGzip = false) =>
        (this.stream, this.canCut, this.isGzip) = (stream, canCut, isGzip);

    SinkOutput(OutputFile file, string path, bool isKept)
        : this(file.Stream, file.IsFile, GzipNames.Is(path)) =>
        (this.file, this.isKept) = (file, isKept && file.IsFile);

    /// <summary>Which file it is; null: none.</summary>
    public FileId? Id => file?.Id;

    /// <summary>Gets what ends each line. Default \n.</summary>
    public byte LineEnd
    {
        init => lineEnd = value;
    }

    /// <summary>Gets what has been written for good, in bytes; null where that cannot be known, as of a pipe.</summary>
    public long? Length => canCut ? good : null;

    /// <summary>Gets whether there is nothing in it but what has been written for good.</summary>
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
    /// Gets the present length of the file in bytes; null where there is no file, or its length cannot be read.
    /// </summary>
    public long? FileLength
    {
        get
        {
            try
            {
                return file is { IsFile: true } && file.WhyLost(0) is null ? file.Length : null;
            }
            catch (Exception e) when (Failures.IsFileError(e))
            {
                return null;
            }
        }
    }

    /// <summary>True while the file still has what was in it before the run.</summary>
    public bool IsUntouched => isToEmpty && stream.Length > 0;

    /// <summary>
    /// Opens the sink, or throws what the run cannot begin with. What is in a file stays there until the first line is
    /// written.
    /// </summary>
    public static SinkOutput Open(SinkDefinition definition, byte lineEnd = (byte)'\n')
    {
        var opened = OutputFile.Open(definition.Path, "sink");
        return new SinkOutput(opened, definition.Path, isKept: false) { isToEmpty = opened.IsFile, LineEnd = lineEnd };
    }

    /// <summary>
    /// Opens a sink whose length is kept, and changes nothing yet; or throws when it is not as an earlier run left it.
    /// </summary>
    /// <param name="definition">The sink.</param>
    /// <param name="mark">Where an earlier run had got to; null: there was none.</param>
    /// <param name="waiting">The records that wait for the sink.</param>
    /// <param name="warn">Gets what the user should know.</param>
    /// <param name="lineEnd">What ends each line.</param>
    /// <param name="planPath">Where it is kept what is about to be written; null: nowhere.</param>
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
        if (mark?.Length > 0 && Descriptors.Named(path, Descriptors.Output) is null && !File.Exists(path))
            throw IsNot($"sink '{path}' is not there, and {mark.Length} bytes had been written to it");
        var opened = OutputFile.Open(path, "sink");
        try
        {
            if (mark is null)
            {
                if (opened.IsFile && opened.Length > 0)
                    throw new PipelineInputException(
                        $"sink '{path}' has {opened.Length} bytes, and the data directory knows nothing of them; with --data a file that is there is never emptied. "
                            + "Move it away, or name the data directory that belongs to it"
                    );
            }
            else
            {
                var known = new KeptSink(path, mark, opened, lineEnd, planPath);
                if (await known.WhyNotAsync(waiting).ConfigureAwait(false) is { } why)
                    throw IsNot(why);
                if (known.Cut > 0)
                    warn(
                        $"the {known.Cut} bytes after byte {mark.Length} of sink '{path}' are taken off: the machine was started anew, and they had not been settled"
                    );
                if (known.IsCopy)
                    warn(
                        $"sink '{path}' is another file than an earlier run wrote, with the same end; the run goes on with it"
                    );
            }
            var good = mark?.Length ?? 0;
            var end = opened.IsFile ? FileEnd.Of(opened.Handle, good) : null;
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

    /// <summary>Returns what is kept of it for the next run.</summary>
    public SinkMark Mark(string path, bool isOpen) =>
        isKept ? new(path, good, isOpen, FileId.Number(file!.Handle), end.Hash) : new(path, Length, isOpen);

    /// <summary>Takes off what was never settled, or throws what the run cannot begin with.</summary>
    public void Begin()
    {
        if (!isKept || stream is not FileStream open)
            return;
        try
        {
            open.SetLength(good);
            open.Position = good;
            // A file that was made just now is lost with a power cut as long as its directory does not know of it.
            DirectorySync.Of(Path.GetDirectoryName(Path.GetFullPath(open.Name))!);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            throw new PipelineInputException(
                $"{Failures.Sink(open.Name)} cannot be written: {Failures.Reason(e, open.Name)}"
            );
        }
    }

    /// <summary>Returns why the written bytes are lost; null: they are there, or this cannot be determined.</summary>
    public string? WhyLost()
    {
        try
        {
            return file?.WhyLost(good);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            return e.Message;
        }
    }

    /// <summary>All went through and there was nothing to write: then that is what the sink has.</summary>
    public async ValueTask FinishAsync()
    {
        if (isToEmpty)
            Empty();
        // A file without any member is not in gzip format.
        if (isGzip && good == 0)
            await WriteAsync([], isEmptyMember: true).ConfigureAwait(false);
    }

    static PipelineInputException IsNot(string why) =>
        new(
            $"{why}{(why.Contains(". ", StringComparison.Ordinal) ? "" : ". Put the file back as it was")}, or begin anew with another data directory and another sink"
        );

    /// <summary>Takes off what was written last: it did not count in the end.</summary>
    public void TakeBack()
    {
        var most = good - before;
        (good, end) = (before, endBefore);
        CutBack(most);
    }

    /// <summary>Writes lines that are no records, if nothing at all has been written yet.</summary>
    public async ValueTask WriteFirstAsync(IReadOnlyList<ReadOnlyMemory<byte>> lines)
    {
        if (good > (isGzip ? GzipNames.EmptyLength : 0))
            return;
        await WriteAsync([
                .. lines.Select(l => new BufferedRecord<ConveyorRecord>(
                    new ConveyorRecord("", l),
                    "",
                    "",
                    "",
                    default,
                    0,
                    0
                )),
            ])
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Writes a line for each record, all of it out when this completes. When it fails, none of them count.
    /// </summary>
    public ValueTask WriteAsync(IReadOnlyList<BufferedRecord<ConveyorRecord>> records) =>
        WriteAsync(records, isEmptyMember: false);

    async ValueTask WriteAsync(IReadOnlyList<BufferedRecord<ConveyorRecord>> records, bool isEmptyMember)
    {
        written = 0;
        length = 0;
        if (isToEmpty)
            Empty();
        if (file?.WhyLost(good) is { } lost)
            throw new IOException(lost);
        if (canCut && stream.Length != good)
        {
            if (isKept)
                throw new IOException(
                    $"it has {stream.Length} bytes, and {good} were written to it: somebody else writes to it"
                );
            good = stream.Length;
        }
        endBefore = isKept ? end.Copy() : end;
        try
        {
            for (var i = 0; i < records.Count; i++)
            {
                var line = records[i].Record.Payload;
                if (line.Length + 1L > buffer.Length - length)
                    await FlushAsync().ConfigureAwait(false);
                if (line.Length + 1L > buffer.Length)
                {
                    await PutAsync(line).ConfigureAwait(false);
                }
                else
                {
                    line.CopyTo(buffer.AsMemory(length));
                    length += line.Length;
                }
                buffer[length++] = lineEnd;
            }
            if (isEmptyMember)
                await PutAsync(default).ConfigureAwait(false);
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

    /// <summary>The run does not begin: a file that was made for it goes again.</summary>
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

    void Empty()
    {
        stream.SetLength(0);
        stream.Position = 0;
        isToEmpty = false;
    }

    async ValueTask FlushAsync()
    {
        if (length > 0)
            await PutAsync(buffer.AsMemory(0, length)).ConfigureAwait(false);
        await stream.FlushAsync().ConfigureAwait(false);
        length = 0;
    }

    /// <summary>
    /// Writes bytes as they are, or as a gzip member of their own: then the file can be cut off after them.
    /// </summary>
    async ValueTask PutAsync(ReadOnlyMemory<byte> bytes)
    {
        if (isGzip)
            bytes = GzipNames.Member(bytes.Span);
        written += bytes.Length;
        if (isKept)
            plan?.Next(stream.Length, end, bytes);
        await stream.WriteAsync(bytes).ConfigureAwait(false);
        if (isKept)
            end.Add(bytes.Span);
    }

    /// <param name="most">What can have been written past the good; more is somebody else's.</param>
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
