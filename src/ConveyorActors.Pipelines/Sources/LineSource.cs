using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Lines;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>
/// An open source: a stream of lines with a name and, for a file, a size. A named pipe opens in the background once it
/// has a writer.
/// </summary>
sealed class LineSource : IDisposable
{
    readonly SourceDefinition definition;
    readonly Task<Stream> opening;

    LineSource(SourceDefinition definition, Task<Stream> opening)
    {
        (this.definition, this.opening) = (definition, opening);
        if (!opening.IsCompletedSuccessfully || Raw is not FileStream { CanSeek: true } file)
            return;
        if (!FileFacts.IsRegular(definition.Path) || KernelFile.Is(file.SafeFileHandle))
            return;
        (Length, File) = (file.Length, file.SafeFileHandle);
    }

    public string Name => definition.Name;
    public string Path => definition.Path;

    /// <summary>Gets the role of the open source, for the check that no file has two uses.</summary>
    public FileRole Role =>
        GetRole(definition) is var role && File is { } file ? role with { Id = FileId.Find(file, Path) } : role;

    /// <summary>Returns the role of a source before it is opened.</summary>
    public static FileRole GetRole(SourceDefinition definition)
    {
        var role = FileRole.Resolve("source", definition.Path, FileUse.Source, Descriptors.Input);
        return definition.Path == "-" || definition.Name == definition.Path
            ? role
            : role with
            {
                Name = $"source '{definition.Name}' ({definition.Path})",
            };
    }

    /// <summary>Gets the number of bytes to read; null if it is not known, as for compressed data.</summary>
    public long? Size => File is null || Gzip is not null ? null : Length;

    /// <summary>Gets the length of the file when it was opened.</summary>
    public long Length { get; }

    /// <summary>Gets the open file; null if the source has no length.</summary>
    public SafeFileHandle? File { get; }

    /// <summary>Returns the offset in the file up to which it had to be read to reach an offset in its data.</summary>
    public long GetOffsetInFile(long offset) => Gzip?.CompressedBytesRead ?? offset;

    /// <summary>Gets whether the source is a named pipe without a writer so far.</summary>
    public bool IsWaiting => !opening.IsCompleted;

    /// <summary>Gets the position to start at; null: at the beginning.</summary>
    public SourcePosition? Start { get; private set; }

    /// <summary>Waits until the source is open.</summary>
    /// <exception cref="IOException">The source cannot be opened.</exception>
    public Task<Stream> WaitUntilOpenAsync(CancellationToken cancellationToken) => opening.WaitAsync(cancellationToken);

    /// <summary>Continues at the position where an earlier run stopped.</summary>
    /// <param name="position">The position up to which the earlier run had read.</param>
    /// <param name="identity">The identity of the file that the earlier run read.</param>
    /// <param name="mark">The mark of bytes that had been read; null: not known.</param>
    /// <param name="lineEnd">The byte that ends a line.</param>
    /// <param name="acceptsChange">Whether a changed file is accepted.</param>
    /// <returns>False if the file is another one and must be read from its beginning.</returns>
    /// <exception cref="PipelineInputException">
    /// The file is not the one that was read, and the change is not accepted.
    /// </exception>
    public bool ResumeAt(
        SourcePosition position,
        FileIdentity identity,
        ReadMark? mark,
        byte lineEnd,
        bool acceptsChange
    )
    {
        if (DescribeMismatch(position, identity, mark) is { } other)
        {
            if (acceptsChange)
                return false;
            throw new PipelineInputException(
                $"source '{Path}' has changed since it was read: {other}. Restore the file, give the new file another name in a pipeline file, "
                    + "or read the new file from its beginning with '--changed accept'"
            );
        }
        var (last, next) = ReadAround(position.Offset);
        // A last line without a line end was taken as a line, and may have got its line end since.
        if (position.Offset > 0 && next >= 0 && last != lineEnd)
        {
            if (next == lineEnd)
                position = position with { Offset = position.Offset + 1 };
            else if (!acceptsChange)
                throw new PipelineInputException(
                    $"source '{Path}' has changed since it was read: the line at its end, which had been read, has grown since. "
                        + "'--changed accept' reads the added bytes as a separate line"
                );
        }
        if (Gzip is null)
            Opened.Position = position.Offset;
        else if (last != lineEnd && next == lineEnd && position.Offset > 0)
            Gzip.Skip(1);
        Start = position;
        return true;
    }

    /// <summary>Opens the file again at its beginning.</summary>
    public Stream OpenAgain() => OpenStream(Path);

    /// <summary>Gets the identity by which a later run recognizes the file.</summary>
    public FileIdentity Identity => FileIdentity.Read(Raw, Path);

    /// <summary>Returns whether the file has this identity; it may have grown.</summary>
    public bool IsKnownBy(FileIdentity identity) => identity.DescribeMismatch(Raw, Path) is null;

    /// <summary>Opens a source, or throws the exception with which the run cannot begin.</summary>
    public static LineSource Open(SourceDefinition definition)
    {
        var path = definition.Path;
        try
        {
            if (Descriptors.FindDescriptor(path, Descriptors.Input) is { } number)
                return new LineSource(
                    definition,
                    Task.FromResult(DecompressIfNamed(path, Descriptors.Open(number, FileAccess.Read)))
                );
            if (Directory.Exists(path))
                throw new PipelineInputException($"source '{path}' cannot be read: it is a directory");
            if (!FileFacts.IsPipe(path))
                return new LineSource(definition, Task.FromResult(OpenStream(path)));
            if (!FileFacts.CanRead(path))
                throw new PipelineInputException($"source '{path}' cannot be read: permission denied");
            // Opening a pipe waits for a writer, possibly forever, so it gets its own thread and other sources do
            // not wait.
            return new LineSource(
                definition,
                Task.Factory.StartNew(
                    () => OpenStream(path),
                    CancellationToken.None,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default
                )
            );
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            throw new PipelineInputException(
                $"{Failures.DescribeSource(path)} cannot be read: {Failures.DescribeReason(e, path)}"
            );
        }
    }

    public void Dispose() =>
        opening.ContinueWith(
            opened =>
            {
                try
                {
                    opened.Result.Dispose();
                }
                catch (IOException)
                {
                    // Everything that could be read was read.
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );

    static Stream OpenStream(string path) =>
        DecompressIfNamed(
            path,
            new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0)
        );

    /// <summary>
    /// Returns the stream to read lines from: the given one, or a decompressing one if the name says that it is
    /// compressed.
    /// </summary>
    static Stream DecompressIfNamed(string path, Stream stream) =>
        GzipNames.Is(path) ? new GzipReading(stream) : stream;

    /// <summary>Gets the open stream. Files are open from the start.</summary>
    Stream Opened => opening.Result;

    /// <summary>Gets the decompressing stream; null: the source is read as it is.</summary>
    GzipReading? Gzip => opening.IsCompletedSuccessfully ? opening.Result as GzipReading : null;

    /// <summary>Gets the stream of the file itself, without decompression.</summary>
    Stream Raw => Gzip?.Compressed ?? Opened;

    string? DescribeMismatch(SourcePosition position, FileIdentity identity, ReadMark? mark)
    {
        if (identity.DescribeMismatch(Raw, Path) is { } why)
            return why;
        if (Size < position.Offset)
            return $"it has {Quantity.Format(Size.Value, "byte")}, but {Quantity.Format(position.Offset, "byte")} had been read";
        // In a compressed file the mark's offset counts compressed bytes, so it is not compared with the position.
        if (mark is not null && (Gzip is not null || mark.Offset <= position.Offset) && !mark.Matches(File!))
            return $"the bytes before byte {mark.Offset}, which had been read, are different";
        return Gzip is null ? null : DescribeMissingBytes(Gzip, position.Offset);
    }

    /// <summary>
    /// Returns the reason why fewer bytes can be decompressed than had been read; null: there are enough, and the
    /// stream is before the last of them.
    /// </summary>
    static string? DescribeMissingBytes(GzipReading gzip, long offset)
    {
        try
        {
            gzip.Rewind();
            var skipped = gzip.Skip(offset - 1).Skipped + (offset > 0 && gzip.Peek() >= 0 ? 1 : 0);
            if (skipped == offset)
                return null;
            gzip.Rewind();
            return $"it has {Quantity.Format(skipped, "byte")} when decompressed, but {Quantity.Format(offset, "byte")} had been read";
        }
        catch (GzipException e)
        {
            gzip.Rewind();
            return $"{Quantity.Format(offset, "byte")} of it had been read, and cannot be read now: {e.Message}";
        }
    }

    /// <summary>Moves to an offset and returns the bytes before and after it; -1 if there is none.</summary>
    (int Last, int Next) ReadAround(long offset)
    {
        if (Gzip is { } gzip)
        {
            var (_, last) = gzip.Skip(Math.Min(offset, 1));
            return (last, PeekOrNone(gzip));
        }
        return (ReadByteAt(offset - 1), ReadByteAt(offset));
    }

    /// <summary>
    /// Returns the next byte, or -1 if it cannot be decompressed; that error is reported later, when the byte is read.
    /// </summary>
    static int PeekOrNone(GzipReading gzip)
    {
        try
        {
            return gzip.Peek();
        }
        catch (GzipException)
        {
            return -1;
        }
    }

    int ReadByteAt(long offset)
    {
        if (offset < 0 || offset >= Length)
            return -1;
        Opened.Position = offset;
        return Opened.ReadByte();
    }
}
