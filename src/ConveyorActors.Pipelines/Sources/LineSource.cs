using ConveyorActors.Pipelines.Files;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>
/// A source: a stream of lines with a name and, of a file, a size. A named pipe opens in the background, once it has a
/// writer.
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

    /// <summary>Gets what is done with it, for the check that no file is used for two things.</summary>
    public FileRole Role =>
        Roles(definition) is var role && File is { } file ? role with { Id = FileId.Of(file, Path) } : role;

    /// <summary>Likewise, before it is opened.</summary>
    public static FileRole Roles(SourceDefinition definition)
    {
        var role = FileRole.Of("source", definition.Path, FileUse.Source, Descriptors.Input);
        return definition.Path == "-" || definition.Name == definition.Path
            ? role
            : role with
            {
                Name = $"source '{definition.Name}' ({definition.Path})",
            };
    }

    /// <summary>How many bytes there are to be read; null when it cannot be known, as of what is compressed.</summary>
    public long? Size => File is null || Gzip is not null ? null : Length;

    /// <summary>Gets how long the open file was when it was opened.</summary>
    public long Length { get; }

    /// <summary>The open file; null when it is none that has a length.</summary>
    public SafeFileHandle? File { get; }

    /// <summary>The place in the open file up to which it had to be read for a place in what it has.</summary>
    public long PlaceInFile(long offset) => Gzip?.CompressedBytesRead ?? offset;

    /// <summary>True for a named pipe that nobody has opened for writing yet.</summary>
    public bool IsWaiting => !opening.IsCompleted;

    /// <summary>Gets or sets where to begin; null: at the beginning.</summary>
    public SourcePosition? Start { get; private set; }

    /// <summary>Waits until it is open.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public Task<Stream> StreamAsync(CancellationToken cancellationToken) => opening.WaitAsync(cancellationToken);

    /// <summary>Goes on where an earlier run stopped.</summary>
    /// <param name="position">Up to where that run had read.</param>
    /// <param name="identity">What the file was known by.</param>
    /// <param name="mark">What the bytes before some place that had been read were; null: not known.</param>
    /// <param name="lineEnd">What ends a line.</param>
    /// <param name="acceptsChange">Take it as it is now.</param>
    /// <returns>False when the file is not the one that was read, and is to be read from its beginning.</returns>
    /// <exception cref="PipelineInputException">It is not the one that was read, and that is not accepted.</exception>
    public bool GoOn(SourcePosition position, FileIdentity identity, ReadMark? mark, byte lineEnd, bool acceptsChange)
    {
        if (WhyOther(position, identity, mark) is { } other)
        {
            if (acceptsChange)
                return false;
            throw new PipelineInputException(
                $"source '{Path}' has changed since it was read: {other}. Put the file back, give what is there now another name in a pipeline file, "
                    + "or read what is there now from its beginning with '--changed accept'"
            );
        }
        var (last, next) = Around(position.Offset);
        // A last line without an end was a line, and has got its end since.
        if (position.Offset > 0 && next >= 0 && last != lineEnd)
        {
            if (next == lineEnd)
                position = position with { Offset = position.Offset + 1 };
            else if (!acceptsChange)
                throw new PipelineInputException(
                    $"source '{Path}' has changed since it was read: the line at its end, which had been read, has grown since. "
                        + "'--changed accept' takes what was added to it as a line of its own"
                );
        }
        if (Gzip is null)
            Opened.Position = position.Offset;
        else if (last != lineEnd && next == lineEnd && position.Offset > 0)
            Gzip.Skip(1);
        Start = position;
        return true;
    }

    /// <summary>Opens a file a second time, at its beginning.</summary>
    public Stream OpenAgain() => OpenStream(Path);

    /// <summary>Gets what the file can be known by in a later run.</summary>
    public FileIdentity Identity => FileIdentity.Of(Raw, Path);

    /// <summary>True when the file is the one that is known by this; it may have grown.</summary>
    public bool IsKnownBy(FileIdentity identity) => identity.WhyNot(Raw, Path) is null;

    /// <summary>Opens a source, or throws what the run cannot begin with.</summary>
    public static LineSource Open(SourceDefinition definition)
    {
        var path = definition.Path;
        try
        {
            if (Descriptors.Named(path, Descriptors.Input) is { } number)
                return new LineSource(
                    definition,
                    Task.FromResult(Plain(path, Descriptors.Open(number, FileAccess.Read)))
                );
            if (Directory.Exists(path))
                throw new PipelineInputException($"source '{path}' cannot be read: it is a directory");
            if (!FileFacts.IsPipe(path))
                return new LineSource(definition, Task.FromResult(OpenStream(path)));
            if (!FileFacts.MayRead(path))
                throw new PipelineInputException($"source '{path}' cannot be read: permission denied");
            // That waits for a writer, perhaps for ever: a thread of its own, and the others do not wait with it.
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
            throw new PipelineInputException($"{Failures.Source(path)} cannot be read: {Failures.Reason(e, path)}");
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
        Plain(
            path,
            new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0)
        );

    /// <summary>What is read of a stream: itself, or decompressed where its name says so.</summary>
    static Stream Plain(string path, Stream stream) => GzipNames.Is(path) ? new GzipReading(stream) : stream;

    /// <summary>Files are open from the start.</summary>
    Stream Opened => opening.Result;

    /// <summary>Decompresses it; null: it is read as it is.</summary>
    GzipReading? Gzip => opening.IsCompletedSuccessfully ? opening.Result as GzipReading : null;

    /// <summary>The file itself, whatever is read of it.</summary>
    Stream Raw => Gzip?.Compressed ?? Opened;

    string? WhyOther(SourcePosition position, FileIdentity identity, ReadMark? mark)
    {
        if (identity.WhyNot(Raw, Path) is { } why)
            return why;
        if (Size < position.Offset)
            return $"it has {Size} bytes, and {position.Offset} of it had been read";
        // Of a compressed file more had to be read than what came of it.
        if (mark is not null && (Gzip is not null || mark.Offset <= position.Offset) && !mark.Holds(File!))
            return $"the bytes before byte {mark.Offset}, which had been read, are others";
        return Gzip is null ? null : WhyShorter(Gzip, position.Offset);
    }

    /// <summary>
    /// Why not as many bytes can be decompressed as had been; null: they were, and what comes next is what follows
    /// them.
    /// </summary>
    static string? WhyShorter(GzipReading gzip, long offset)
    {
        try
        {
            gzip.Rewind();
            var skipped = gzip.Skip(offset - 1).Skipped + (offset > 0 && gzip.Peek() >= 0 ? 1 : 0);
            if (skipped == offset)
                return null;
            gzip.Rewind();
            return $"it has {skipped} bytes when decompressed, and {offset} of it had been read";
        }
        catch (GzipException e)
        {
            gzip.Rewind();
            return $"{offset} bytes of it had been read, and cannot be read now: {e.Message}";
        }
    }

    /// <summary>The bytes before and after a place, and goes there; -1 where there is none.</summary>
    (int Last, int Next) Around(long offset)
    {
        if (Gzip is { } gzip)
        {
            var (_, last) = gzip.Skip(Math.Min(offset, 1));
            return (last, PeekOrNone(gzip));
        }
        return (ByteAt(offset - 1), ByteAt(offset));
    }

    /// <summary>Returns what cannot be decompressed is reported when it is to be read.</summary>
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

    int ByteAt(long offset)
    {
        if (offset < 0 || offset >= Length)
            return -1;
        Opened.Position = offset;
        return Opened.ReadByte();
    }
}
