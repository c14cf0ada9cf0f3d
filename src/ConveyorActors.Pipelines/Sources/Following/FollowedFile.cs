using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Lines;
using ConveyorActors.Pipelines.Running;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>An open file that is read as it grows, whatever its current name is.</summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class FollowedFile : IDisposable
{
    readonly RunContext run;
    FileEnd trail = new();
    long largest;

    FollowedFile(RunContext run, SafeFileHandle handle, FileIdentity identity) =>
        (this.run, Handle, Identity, Reader) = (run, handle, identity, null!);

    /// <summary>Gets the open file.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Gets the identity by which the file is recognized.</summary>
    public FileIdentity Identity { get; private set; }

    /// <summary>Gets a mark of the bytes before an offset that has been read; null: nothing has been read.</summary>
    public ReadMark? Mark { get; private set; }

    /// <summary>Gets the reader that splits the file into lines.</summary>
    public LineReader Reader { get; private set; }

    /// <summary>Gets the offset up to which lines have been taken.</summary>
    public long Offset => Reader.LineStart;

    /// <summary>Gets the number of bytes of a last line that has no line end yet.</summary>
    public long Unended => Reader.BytesRead - Reader.LineStart;

    /// <summary>Gets or sets the timestamp when the file was last read, or left for another file.</summary>
    public long LastRead { get; set; }

    /// <summary>Gets or sets whether newer files already existed when reading this file began.</summary>
    public bool IsOver { get; set; }

    /// <summary>Gets or sets whether the first line has still to be taken as a header.</summary>
    public bool AwaitsHeader { get; set; }

    /// <summary>Gets the current size of the file in bytes.</summary>
    public long Size => RandomAccess.GetLength(Handle);

    /// <summary>Gets the place reached in the file, for a later run.</summary>
    public FollowedPlace Place => new(Offset, Identity, Mark);

    /// <summary>Opens a file at its beginning.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static FollowedFile Open(RunContext run, string path)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            if (FileId.Find(handle, path).Kind != FileKind.Regular || KernelFile.Is(handle))
                throw new IOException("it is not a file that can be followed");
            var file = new FollowedFile(run, handle, FileIdentity.Read(handle));
            file.StartAt(0);
            return file;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Continues where an earlier run stopped. Must be called before anything is read.</summary>
    public void ResumeAt(FollowedPlace place, long offset)
    {
        (Identity, Mark) = (place.Identity, place.Mark);
        StartAt(offset);
    }

    /// <summary>Starts again at the beginning, because the file was truncated or rewritten.</summary>
    public void StartAgain()
    {
        (Identity, Mark) = (FileIdentity.Read(Handle), null);
        StartAt(0);
    }

    /// <summary>Reads more bytes. Returns false if there are no more at the moment.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        var isMore = await Reader.FillAsync(cancellationToken).ConfigureAwait(false);
        largest = Math.Max(largest, Reader.BytesRead);
        if (isMore)
            LastRead = run.Clock.GetTimestamp();
        return isMore;
    }

    /// <summary>Gets whether the file has bytes that have not been read.</summary>
    public bool HasGrown => Size > Reader.BytesRead;

    /// <summary>Returns whether the file was truncated, or the bytes already read were replaced.</summary>
    public bool IsCut()
    {
        var size = Size;
        if (size < largest)
            return true;
        largest = size;
        return FileEnd.Read(Handle, Reader.BytesRead) is { } now && now.Hash != trail.Hash;
    }

    /// <summary>Gets the number of bytes that the file is known to have had and that were not taken.</summary>
    public long Unread => Math.Max(largest, Reader.BytesRead) - Offset;

    /// <summary>
    /// Updates the mark of the bytes before the next line. Does nothing if the file was truncated or rewritten.
    /// </summary>
    public void Remember()
    {
        if (Mark?.Offset == Offset || IsCut())
            return;
        Mark = ReadMark.Read(Handle, Offset);
        // The file was short, and more of its first bytes are known now.
        if (Identity.IsShort && Size > Identity.Length)
            Identity = FileIdentity.Read(Handle);
    }

    public void Dispose()
    {
        Reader?.Dispose();
        Handle.Dispose();
    }

    void StartAt(long offset)
    {
        Reader?.Dispose();
        trail = FileEnd.Read(Handle, offset) ?? new();
        Reader = new LineReader(new FileReading(Handle, offset, trail), run.Definition.MaxLine, run.LineEnd)
        {
            GoesOn = true,
        };
        Reader.StartAt(new(offset, 0));
        largest = Size;
        AwaitsHeader = run.Definition.HasHeader && offset == 0;
        LastRead = run.Clock.GetTimestamp();
    }
}
