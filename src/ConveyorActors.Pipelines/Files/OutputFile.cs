using ConveyorActors.Pipelines.Lines;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Files;

/// <summary>
/// A file opened for writing. Its content stays unchanged until something is written, and other runs are kept from
/// writing to it.
/// </summary>
/// <remarks>
/// A path that names a descriptor, such as /dev/stdout, uses that descriptor: it is not opened again, and never
/// truncated.
/// </remarks>
sealed class OutputFile : IDisposable
{
    readonly WriteLock? taken;
    readonly string path;
    readonly bool isMade;

    OutputFile(string path, Stream stream, SafeFileHandle handle, FileId id, WriteLock? taken, bool isMade) =>
        (this.path, Stream, Handle, Id, this.taken, this.isMade) = (path, stream, handle, id, taken, isMade);

    public Stream Stream { get; }

    public SafeFileHandle Handle { get; }

    public FileId Id { get; }

    /// <summary>Gets whether this is a regular file opened here, whose content can be read and truncated.</summary>
    public bool IsFile => Stream is FileStream { CanSeek: true } && Id.Kind == FileKind.Regular;

    /// <summary>Gets the current length of the file in bytes.</summary>
    public long Length => RandomAccess.GetLength(Handle);

    /// <summary>
    /// Returns the reason why bytes written to the file are lost; null: they are there, or this cannot be determined.
    /// </summary>
    /// <param name="written">The number of bytes that the file must have at least.</param>
    public string? DescribeLoss(long written) =>
        !IsFile ? null
        : FileId.HasNoName(Handle) ? "the file was deleted or replaced while it was written"
        : Length < written
            ? $"it was truncated while it was written: it has {Quantity.Format(Length, "byte")}, but {Quantity.Format(written, "byte")} had been written to it"
        : null;

    /// <summary>
    /// Opens a file for writing without changing it. Writes go to its end unless its position is moved.
    /// </summary>
    /// <param name="path">The path, or - for standard output.</param>
    /// <param name="what">The kind of use in messages: "sink" and the like.</param>
    /// <exception cref="PipelineInputException">The file cannot be written, or another run writes to it.</exception>
    public static OutputFile Open(string path, string what)
    {
        var name = path == "-" ? "standard output" : $"{what} '{path}'";
        Stream? stream = null;
        try
        {
            if (Descriptors.FindDescriptor(path, Descriptors.Output) is { } number)
            {
                stream = Descriptors.Open(number, FileAccess.Write);
                var handle = stream is DescriptorStream own
                    ? own.Handle
                    : new SafeFileHandle(number, ownsHandle: false);
                var id = FileId.Find(number) ?? new FileId(0, 0, path, FileKind.Pipe);
                return new(
                    path,
                    stream,
                    handle,
                    id,
                    Lock(handle, id, Descriptors.IsAppending(number), name),
                    isMade: false
                );
            }
            if (Directory.Exists(path) || Path.EndsInDirectorySeparator(path))
                throw new PipelineInputException($"{name} cannot be written: it is a directory");
            var isMade = !File.Exists(path);
            var file = OpenFile(path);
            stream = file;
            var opened = FileId.Find(file.SafeFileHandle, path);
            if (opened.Kind == FileKind.Regular)
                Descriptors.Append(file.SafeFileHandle);
            return new(
                path,
                file,
                file.SafeFileHandle,
                opened,
                Lock(file.SafeFileHandle, opened, appends: false, name),
                isMade
            );
        }
        catch (Exception e)
        {
            stream?.Dispose();
            if (!Failures.IsFileError(e))
                throw;
            if (OperatingSystem.IsWindows() && e.HResult == SharingViolation)
                throw CreateInUseError(name, "another program");
            throw new PipelineInputException($"{name} cannot be written: {Failures.DescribeReason(e, path)}");
        }
    }

    /// <summary>
    /// Closes the file, and deletes it if it was created by opening it and is empty. Called when the run does not
    /// begin.
    /// </summary>
    public void Discard()
    {
        var isOurs = isMade && Length == 0 && FileId.Find(path) == Id;
        Dispose();
        if (isOurs)
            File.Delete(path);
    }

    public void Dispose()
    {
        taken?.Release();
        Stream.Dispose();
    }

    const int SharingViolation = unchecked((int)0x80070020);

    /// <summary>
    /// Opens the file for writing, and for reading too if that is allowed, so that its end can be examined.
    /// </summary>
    static FileStream OpenFile(string path)
    {
        // On Windows the sharing mode serves as the lock.
        var share = OperatingSystem.IsWindows() ? FileShare.Read : FileShare.ReadWrite | FileShare.Delete;
        // A named pipe that is also opened for reading never waits for its reader, and never notices that the reader
        // has gone.
        var isPlain = FileId.Find(path) is null or { Kind: FileKind.Regular };
        try
        {
            return new FileStream(
                path,
                FileMode.OpenOrCreate,
                isPlain ? FileAccess.ReadWrite : FileAccess.Write,
                share,
                bufferSize: 0
            );
        }
        catch (UnauthorizedAccessException) when (isPlain)
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, share, bufferSize: 0);
        }
    }

    static WriteLock? Lock(SafeFileHandle handle, FileId id, bool appends, string name)
    {
        if (id.Kind != FileKind.Regular)
            return null;
        var taken = WriteLock.Take(handle, appends, out var holder);
        return taken is null && holder is not null ? throw CreateInUseError(name, holder) : taken;
    }

    static PipelineInputException CreateInUseError(string name, string holder) =>
        new($"{name} cannot be written: {holder} is writing it; wait until it has ended, or write to another file");
}
