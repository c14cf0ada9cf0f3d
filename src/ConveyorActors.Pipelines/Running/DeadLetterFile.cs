using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Lines;
using ConveyorActors.Storage.Files;

namespace ConveyorActors.Pipelines.Running;

/// <summary>A dead letter as it is written to the file.</summary>
readonly record struct DeadLine(
    string? Stage,
    string Source,
    long? Line,
    int Retries,
    string Reason,
    string Error,
    ReadOnlyMemory<byte> Bytes,
    bool Truncated = false
)
{
    /// <summary>Gets the sequence number in the stage; null: the line never was in a stage.</summary>
    public long? Sequence { get; init; }

    /// <summary>Gets when the line became a dead letter; null: now.</summary>
    public DateTimeOffset? At { get; init; }

    public static DeadLine From(DeadLetter<ConveyorRecord> letter) =>
        From(letter.Record, letter.Reason.ToString(), letter.LastError) with
        {
            At = letter.At,
        };

    public static DeadLine From(in BufferedRecord<ConveyorRecord> record, string reason, string error) =>
        new(
            record.TargetStageId,
            record.SourceId,
            LineNumber.Find(record.Record),
            record.RetryCount,
            reason,
            error,
            record.Record.Payload
        )
        {
            Sequence = record.Sequence > 0 ? record.Sequence : null,
        };
}

/// <summary>Writes dead letters as lines of JSON. Each is written out before the next.</summary>
/// <remarks>Safe for use by many threads. Without a path, dead letters are discarded.</remarks>
sealed class DeadLetterFile(string? path, TimeProvider clock, RunControl control) : IDisposable
{
    // Lines are written unescaped; this file is not embedded in HTML.
    static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly bool isGzip = path is not null && GzipNames.Is(path);
    readonly Lock gate = new();
    readonly ArrayBufferWriter<byte> line = new();
    OutputFile? file;
    bool isToEmpty,
        isInLine,
        isNameSynced;
    IReadOnlyDictionary<string, DeadLetterReading.UnbufferedLetter>? lastUnbuffered;
    long written,
        unwritten,
        length;
    long? whole;

    /// <summary>Gets the bytes with which each letter begins.</summary>
    public static ReadOnlySpan<byte> Beginning => "{\"at\":\""u8;

    /// <summary>Gets whether the file is open, so that dead letters are written.</summary>
    public bool IsOpen => file is not null;

    /// <summary>Gets the identity of the file; null: none is open.</summary>
    public FileId? Id => file?.Id;

    /// <summary>Gets the number of dead letters that this run has written.</summary>
    public long Written => Interlocked.Read(ref written);

    /// <summary>
    /// Gets the number of dead letters from the buffers that could not be written, those of earlier runs included.
    /// </summary>
    public long Unwritten => Interlocked.Read(ref unwritten);

    /// <summary>Gets how many of <see cref="Written"/> came from earlier runs.</summary>
    public long WrittenOfEarlierRuns { get; private set; }

    /// <summary>
    /// Opens the file, or throws the exception with which the run cannot begin. Its content stays until the first dead
    /// letter is written.
    /// </summary>
    /// <param name="isKept">Whether the content of the file is kept for good, because the buffers are kept too.</param>
    public void Open(bool isKept)
    {
        if (path is null)
            return;
        file = OutputFile.Open(path, "dead letters");
        isToEmpty = !isKept && file.IsFile;
        if (!isKept || !file.IsFile)
            return;
        (whole, isInLine) = FindEnd(file);
    }

    /// <summary>
    /// Cuts off a last letter that an earlier run has written only in part, and writes the dead letters that earlier
    /// runs have kept but not written to this file.
    /// </summary>
    /// <remarks>
    /// The torn letter is cut off before the file is read. In a gzip file its text may be complete, so it would count as
    /// written, and be cut off by the next letter.
    /// </remarks>
    public void CatchUp(IReadOnlyList<DeadLetter<ConveyorRecord>> kept)
    {
        if (file is not { IsFile: true } || !CutTornLetter(file) || kept.Count == 0)
            return;
        var missing = DeadLetterReading.FindMissing(file, kept, isGzip);
        foreach (var letter in missing)
        {
            if (!TryAdd(DeadLine.From(letter), isSynced: false))
                break;
            WrittenOfEarlierRuns++;
        }
        Interlocked.Add(ref unwritten, missing.Count - WrittenOfEarlierRuns);
    }

    /// <summary>Writes a dead letter that the buffers keep too. A failure ends the run.</summary>
    public void Add(in DeadLine letter)
    {
        if (!TryAdd(letter, isSynced: false))
            RecordUnwritten();
    }

    /// <summary>Counts a dead letter that is not written, because the buffers could not store it.</summary>
    public void RecordUnwritten() => Interlocked.Increment(ref unwritten);

    /// <summary>
    /// Writes the dead letter of a line that never was in a buffer. Returns whether the file has it, if there is a
    /// file; a failure ends the run.
    /// </summary>
    /// <param name="letter">The dead letter.</param>
    /// <param name="isResumed">
    /// Whether the position in the source is stored after the letter is written. The letter is then synced first,
    /// because no later run reads the line again, and a letter that a killed run has written is not written twice. The
    /// position after the previous such letter of the source must be on disk.
    /// </param>
    public bool TryAddUnbuffered(in DeadLine letter, bool isResumed) =>
        isResumed && IsLastWritten(letter) || TryAdd(letter, isResumed);

    bool TryAdd(in DeadLine letter, bool isSynced)
    {
        if (file is null)
            return true;
        try
        {
            lock (gate)
            {
                if (isToEmpty)
                    Truncate(file);
                line.ResetWrittenCount();
                if (isInLine)
                    line.Write("\n"u8);
                Write(letter);
                if (file.DescribeLoss(length) is { } lost)
                    throw new IOException(lost);
                Put(file, line.WrittenSpan);
                isInLine = false;
                if (isSynced)
                    Sync(file);
            }
            Interlocked.Increment(ref written);
            return true;
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            Fail(e);
            return false;
        }
    }

    /// <summary>
    /// Returns whether a letter is the last one in the file of a line of its source that never was in a buffer. The
    /// file is read when the first such line is found.
    /// </summary>
    bool IsLastWritten(in DeadLine letter)
    {
        if (file is not { IsFile: true })
            return false;
        lock (gate)
        {
            lastUnbuffered ??= DeadLetterReading.FindLastUnbuffered(file, isGzip);
            return lastUnbuffered.TryGetValue(letter.Source, out var last)
                && last == DeadLetterReading.Identify(letter.Line, GetContent(letter));
        }
    }

    /// <summary>
    /// Completes the file at the end of the run. A file whose old content is not kept is emptied if it got no dead
    /// letter.
    /// </summary>
    public void Finish()
    {
        try
        {
            lock (gate)
            {
                if (isToEmpty && file is not null)
                    Truncate(file);
                if (file?.DescribeLoss(length) is { } lost)
                    throw new IOException(lost);
                // A file without any member is not a valid gzip file.
                if (isGzip && file is not null && written == 0 && (!file.IsFile || file.Length == 0))
                    Put(file, default);
            }
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            control.AddError($"dead letters '{path}' cannot be written: {Failures.DescribeReason(e, path!)}");
        }
    }

    DeadLetterEnd FindEnd(OutputFile opened) =>
        isGzip ? DeadLetterEnd.FindInGzip(opened, path!) : DeadLetterEnd.Find(opened);

    /// <summary>Returns whether the file has no torn letter any more; a failure ends the run.</summary>
    bool CutTornLetter(OutputFile opened)
    {
        if (whole is not { } end)
            return true;
        try
        {
            var torn = opened.Length - end;
            CutTo(opened, end);
            (whole, isInLine) = FindEnd(opened);
            control.Warn(
                $"dead letters '{path}' ended with an incomplete letter of {Quantity.Format(torn, "byte")}, which was cut off; a letter that the data directory keeps is written again"
            );
            return true;
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            Fail(e);
            return false;
        }
    }

    void Fail(Exception e) =>
        control.Fail($"dead letters '{path}' cannot be written: {Failures.DescribeReason(e, path!)}");

    /// <summary>Deletes a file that was created for a run which does not begin.</summary>
    public void Discard() => file?.Discard();

    public void Dispose()
    {
        try
        {
            file?.Dispose();
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            control.AddError($"dead letters '{path}' cannot be written: {Failures.DescribeReason(e, path!)}");
        }
    }

    void Sync(OutputFile opened)
    {
        if (!opened.IsFile)
            return;
        RandomAccess.FlushToDisk(opened.Handle);
        // A new file is lost in a power cut until its directory is synced.
        if (!isNameSynced)
            DirectorySync.Sync(Path.GetDirectoryName(Path.GetFullPath(path!))!);
        isNameSynced = true;
    }

    void Truncate(OutputFile opened)
    {
        opened.Stream.SetLength(0);
        isToEmpty = false;
    }

    /// <summary>
    /// Appends bytes to the end, completely or not at all. In a gzip file they are one member.
    /// </summary>
    void Put(OutputFile opened, ReadOnlySpan<byte> bytes)
    {
        if (isGzip)
            bytes = GzipNames.CompressMember(bytes).Span;
        if (!opened.IsFile)
        {
            opened.Stream.Write(bytes);
            return;
        }
        if (whole is { } end)
            CutTo(opened, end);
        whole = opened.Length;
        opened.Stream.Position = opened.Length;
        try
        {
            opened.Stream.Write(bytes);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            // A full disk takes a part of the bytes. If this part cannot be removed, the next letter or run removes it.
            CutTo(opened, whole.Value);
            throw;
        }
        length = opened.Length;
        whole = null;
    }

    static void CutTo(OutputFile opened, long end)
    {
        if (opened.Length > end)
            opened.Stream.SetLength(end);
    }

    void Write(in DeadLine letter)
    {
        using (var json = new Utf8JsonWriter(line, Readable))
        {
            json.WriteStartObject();
            json.WriteString("at", letter.At ?? clock.GetUtcNow());
            json.WriteString("stage", letter.Stage);
            json.WriteString("source", letter.Source);
            if (letter.Line is { } number)
                json.WriteNumber(LineNumber.Name, number);
            if (letter.Sequence is { } sequence)
                json.WriteNumber("sequence", sequence);
            json.WriteNumber("retries", letter.Retries);
            json.WriteString("reason", letter.Reason);
            json.WriteString("error", letter.Error);
            var bytes = GetContent(letter);
            if (Utf8.IsValid(bytes))
                json.WriteString("text", bytes);
            else
                json.WriteBase64String("base64", bytes);
            if (letter.Truncated)
                json.WriteBoolean("truncated", true);
            json.WriteEndObject();
        }
        line.Write("\n"u8);
    }

    /// <summary>Returns the bytes of a letter without an incomplete last character, which a cut text may have.</summary>
    static ReadOnlySpan<byte> GetContent(in DeadLine letter)
    {
        var bytes = letter.Bytes.Span;
        if (!letter.Truncated)
            return bytes;
        for (var cut = 0; cut <= 3 && cut < bytes.Length; cut++)
            if (Utf8.IsValid(bytes[..^cut]))
                return bytes[..^cut];
        return bytes;
    }
}
