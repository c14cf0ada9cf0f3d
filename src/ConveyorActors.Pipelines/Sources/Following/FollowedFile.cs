using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Lines;
using ConveyorActors.Pipelines.Running;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>An open file that is read as it grows, whatever it is called by now.</summary>
/// <remarks>One thread.</remarks>
sealed class FollowedFile : IDisposable
{
    readonly RunContext run;
    FileEnd trail = new();
    long largest;

    FollowedFile(RunContext run, SafeFileHandle handle, FileIdentity identity) =>
        (this.run, Handle, Identity, Reader) = (run, handle, identity, null!);

    /// <summary>The open file.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Gets or sets what the file is known by.</summary>
    public FileIdentity Identity { get; private set; }

    /// <summary>What the bytes before some place that has been read were; null: nothing has been read.</summary>
    public ReadMark? Mark { get; private set; }

    /// <summary>Splits it into lines.</summary>
    public LineReader Reader { get; private set; }

    /// <summary>Up to where its lines have been taken.</summary>
    public long Offset => Reader.LineStart;

    /// <summary>Bytes of a last line that has no end yet.</summary>
    public long Unended => Reader.BytesRead - Reader.LineStart;

    /// <summary>When it was last read, or left for another file.</summary>
    public long LastRead { get; set; }

    /// <summary>Gets or sets whether there were newer files already when it was begun.</summary>
    public bool IsOver { get; set; }

    /// <summary>True while its first line is still to be taken as a header.</summary>
    public bool AwaitsHeader { get; set; }

    /// <summary>Gets how many bytes it has now.</summary>
    public long Size => RandomAccess.GetLength(Handle);

    /// <summary>Gets where it is, for a later run.</summary>
    public FollowedPlace Place => new(Offset, Identity, Mark);

    /// <summary>Opens a file at its beginning.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static FollowedFile Open(RunContext run, string path)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            if (FileId.Of(handle, path).Kind != FileKind.Regular || KernelFile.Is(handle))
                throw new IOException("it is not a file that can be followed");
            var file = new FollowedFile(run, handle, FileIdentity.Of(handle));
            file.StartAt(0);
            return file;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Goes on where an earlier run stopped. Before anything is read.</summary>
    public void GoOn(FollowedPlace place, long offset)
    {
        (Identity, Mark) = (place.Identity, place.Mark);
        StartAt(offset);
    }

    /// <summary>Begins at the beginning: what it has now is not what it had.</summary>
    public void StartAgain()
    {
        (Identity, Mark) = (FileIdentity.Of(Handle), null);
        StartAt(0);
    }

    /// <summary>Reads on. False when there is nothing more now.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        var isMore = await Reader.FillAsync(cancellationToken).ConfigureAwait(false);
        largest = Math.Max(largest, Reader.BytesRead);
        if (isMore)
            LastRead = run.Clock.GetTimestamp();
        return isMore;
    }

    /// <summary>Gets whether there is more in it than has been read.</summary>
    public bool HasGrown => Size > Reader.BytesRead;

    /// <summary>Returns whether it was cut short, or what had been read of it is something else now.</summary>
    public bool IsCut()
    {
        var size = Size;
        if (size < largest)
            return true;
        largest = size;
        return FileEnd.Of(Handle, Reader.BytesRead) is { } now && now.Hash != trail.Hash;
    }

    /// <summary>Bytes that it was seen to have and that were not taken.</summary>
    public long Unread => Math.Max(largest, Reader.BytesRead) - Offset;

    /// <summary>
    /// Remembers what is before the lines that are to come. Nothing when it is not what was read any more.
    /// </summary>
    public void Remember()
    {
        if (Mark?.Offset == Offset || IsCut())
            return;
        Mark = ReadMark.At(Handle, Offset);
        // A file that was short is known better now.
        if (Identity.IsShort && Size > Identity.Length)
            Identity = FileIdentity.Of(Handle);
    }

    public void Dispose()
    {
        Reader?.Dispose();
        Handle.Dispose();
    }

    void StartAt(long offset)
    {
        Reader?.Dispose();
        trail = FileEnd.Of(Handle, offset) ?? new();
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
