using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Running;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>A source: a stream of lines with a name and, of a file, a size. A named pipe opens in the background, once it has a writer.</summary>
sealed class LineSource : IDisposable
{
    readonly SourceDefinition definition;
    readonly Task<Stream> opening;

    LineSource(SourceDefinition definition, Task<Stream> opening)
    {
        (this.definition, this.opening) = (definition, opening);
        if (!opening.IsCompletedSuccessfully || opening.Result is not FileStream { CanSeek: true } file) return;
        if (!FileFacts.IsRegular(definition.Path) || KernelFile.Is(file.SafeFileHandle)) return;
        (Size, File) = (file.Length, file.SafeFileHandle);
    }

    public string Name => definition.Name;
    public string Path => definition.Path;

    /// <summary>What is done with it, for the check that no file is used for two things.</summary>
    public FileRole Role => Roles(definition) is var role && File is { } file ? role with { Id = FileId.Of(file, Path) } : role;

    /// <summary>Likewise, before it is opened.</summary>
    public static FileRole Roles(SourceDefinition definition)
    {
        var role = FileRole.Of("source", definition.Path, FileUse.Source, Descriptors.Input);
        return definition.Path == "-" || definition.Name == definition.Path ? role : role with { Name = $"source '{definition.Name}' ({definition.Path})" };
    }

    /// <summary>Null when it cannot be known.</summary>
    public long? Size { get; }

    /// <summary>The open file; null when it is none whose size is known.</summary>
    public SafeFileHandle? File { get; }

    /// <summary>True for a named pipe that nobody has opened for writing yet.</summary>
    public bool IsWaiting => !opening.IsCompleted;

    /// <summary>Where to begin; null: at the beginning.</summary>
    public SourcePosition? Start { get; private set; }

    /// <summary>Waits until it is open.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public Task<Stream> StreamAsync(CancellationToken cancellation) => opening.WaitAsync(cancellation);

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
            if (acceptsChange) return false;
            throw new PipelineInputException(
                $"source '{Path}' has changed since it was read: {other}. Put the file back, give what is there now another name in a pipeline file, "
                + "or read what is there now from its beginning with '--changed accept'");
        }
        // A last line without an end was a line, and has got its end since.
        if (position.Offset > 0 && Size > position.Offset && ByteAt(position.Offset - 1) != lineEnd)
        {
            if (ByteAt(position.Offset) == lineEnd) position = position with { Offset = position.Offset + 1 };
            else if (!acceptsChange)
                throw new PipelineInputException(
                    $"source '{Path}' has changed since it was read: the line at its end, which had been read, has grown since. "
                    + "'--changed accept' takes what was added to it as a line of its own");
        }
        Opened.Position = position.Offset;
        Start = position;
        return true;
    }

    /// <summary>Opens a file a second time, at its beginning.</summary>
    public Stream OpenAgain() => OpenFile(Path);

    /// <summary>What the file can be known by in a later run.</summary>
    public FileIdentity Identity => FileIdentity.Of(Opened, Path);

    /// <summary>True when the file is the one that is known by this; it may have grown.</summary>
    public bool IsKnownBy(FileIdentity identity) => identity.WhyNot(Opened, Path) is null;

    /// <summary>Opens a source, or throws what the run cannot begin with.</summary>
    public static LineSource Open(SourceDefinition definition)
    {
        var path = definition.Path;
        try
        {
            if (Descriptors.Named(path, Descriptors.Input) is { } number) return new LineSource(definition, Task.FromResult(Descriptors.Open(number, FileAccess.Read)));
            if (Directory.Exists(path)) throw new PipelineInputException($"source '{path}' cannot be read: it is a directory");
            if (!FileFacts.IsPipe(path)) return new LineSource(definition, Task.FromResult(OpenFile(path)));
            if (!FileFacts.MayRead(path)) throw new PipelineInputException($"source '{path}' cannot be read: permission denied");
            // That waits for a writer, perhaps for ever: a thread of its own, and the others do not wait with it.
            return new LineSource(definition, Task.Factory.StartNew(() => OpenFile(path), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            throw new PipelineInputException($"{Failures.Source(path)} cannot be read: {Failures.Reason(e, path)}");
        }
    }

    public void Dispose() => opening.ContinueWith(
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
        CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    static Stream OpenFile(string path) => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    /// <summary>Files are open from the start.</summary>
    Stream Opened => opening.Result;

    string? WhyOther(SourcePosition position, FileIdentity identity, ReadMark? mark)
    {
        if (identity.WhyNot(Opened, Path) is { } why) return why;
        if (Size < position.Offset) return $"it has {Size} bytes, and {position.Offset} of it had been read";
        return mark is not null && mark.Offset <= position.Offset && !mark.Holds(File!) ? $"the bytes before byte {mark.Offset}, which had been read, are others" : null;
    }

    int ByteAt(long offset)
    {
        Opened.Position = offset;
        return Opened.ReadByte();
    }
}
