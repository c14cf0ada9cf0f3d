using System.Buffers;
using ConveyorActors.Pipelines.Running;
using ConveyorActors.Storage.Files;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Sinks;

/// <summary>The file or stream that results end in. What a write did not finish is cut off again where that is possible.</summary>
sealed class SinkOutput : IDisposable
{
    readonly Stream stream;
    readonly byte[] buffer = ArrayPool<byte>.Shared.Rent(128 << 10);
    readonly bool canCut;
    readonly bool isSynced;
    byte lineEnd = (byte)'\n';
    long good, before;
    int length;

    /// <param name="stream">Where the lines go.</param>
    /// <param name="canCut">True when what a failed write left can be taken off again.</param>
    /// <param name="isSynced">True when what is written must be on disk before it counts.</param>
    public SinkOutput(Stream stream, bool canCut, bool isSynced = false) => (this.stream, this.canCut, this.isSynced) = (stream, canCut, isSynced);

    /// <summary>What ends each line. Default \n.</summary>
    public byte LineEnd { init => lineEnd = value; }

    /// <summary>What has been written for good, in bytes; null where that cannot be known, as of a pipe.</summary>
    public long? Length => canCut ? good : null;

    /// <summary>True when there is nothing in it but what has been written for good.</summary>
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

    /// <summary>Opens a sink whose length is kept, and changes nothing yet; or throws when it is not as an earlier run left it.</summary>
    /// <param name="definition">The sink.</param>
    /// <param name="mark">Where an earlier run had got to; null: there was none.</param>
    /// <param name="lineEnd">What ends each line.</param>
    public static SinkOutput OpenKept(SinkDefinition definition, SinkMark? mark, byte lineEnd = (byte)'\n')
    {
        var path = definition.Path;
        if (path == "-") return new SinkOutput(StandardOutput(), canCut: false) { LineEnd = lineEnd };
        if (mark?.Length > 0 && !File.Exists(path)) throw IsNot($"sink '{path}' is not there, and {mark.Length} bytes had been written to it");
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            var isFile = file.CanSeek && FileFacts.IsRegular(path);
            if (mark is not null && WhyNot(path, mark, isFile ? file.Length : null) is { } why) throw IsNot(why);
            return new SinkOutput(file, canCut: isFile, isSynced: isFile) { good = mark?.Length ?? 0, LineEnd = lineEnd };
        }
        catch (Exception e)
        {
            file?.Dispose();
            if (!Failures.IsFileError(e)) throw;
            throw new PipelineInputException($"{Failures.Sink(path)} cannot be written: {Failures.Reason(e, path)}");
        }
    }

    /// <summary>Takes off what was never settled, or throws what the run cannot begin with.</summary>
    public void Begin()
    {
        if (!canCut || stream is not FileStream file) return;
        try
        {
            file.SetLength(good);
            file.Position = good;
            // A file that was made just now is lost with a power cut as long as its directory does not know of it.
            if (isSynced) DirectorySync.Of(Path.GetDirectoryName(Path.GetFullPath(file.Name))!);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            throw new PipelineInputException($"{Failures.Sink(file.Name)} cannot be written: {Failures.Reason(e, file.Name)}");
        }
    }

    static string? WhyNot(string path, SinkMark mark, long? has) => (has, mark.Length ?? 0) switch
    {
        (null, > 0 and var length) => $"sink '{path}' is no file any more, and {length} bytes had been written to it",
        (null, _) => null,
        ({ } bytes, var length) when bytes < length => $"sink '{path}' has {bytes} bytes, and {length} had been written to it",
        ({ } bytes, var length) when bytes > length && !(mark.IsOpen && mark.Length is not null) =>
            $"sink '{path}' has {bytes} bytes, and an earlier run left it with {length}: somebody else has written to it",
        _ => null,
    };

    static PipelineInputException IsNot(string why) => new($"{why}. Put the file back, or begin anew with another data directory, which empties it");

    /// <summary>Takes off what was written last: it did not count in the end.</summary>
    public void TakeBack()
    {
        good = before;
        CutBack();
    }

    /// <summary>Opens the sink, or throws what the run cannot begin with. A file that exists is emptied.</summary>
    public static SinkOutput Open(SinkDefinition definition, bool isSynced = false, byte lineEnd = (byte)'\n')
    {
        var path = definition.Path;
        if (path == "-") return new SinkOutput(StandardOutput(), canCut: false) { LineEnd = lineEnd };
        try
        {
            var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            return new SinkOutput(file, file.CanSeek, isSynced && file.CanSeek) { LineEnd = lineEnd };
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            throw new PipelineInputException($"{Failures.Sink(path)} cannot be written: {Failures.Reason(e, path)}");
        }
    }

    /// <summary>Writes a line for each record, all of it out when this completes. When it fails, none of them count.</summary>
    public async ValueTask WriteAsync(IReadOnlyList<BufferedRecord<ConveyorRecord>> records)
    {
        long written = 0;
        length = 0;
        try
        {
            for (var i = 0; i < records.Count; i++)
            {
                var line = records[i].Record.Payload;
                written += line.Length + 1;
                if (line.Length + 1 > buffer.Length - length) await FlushAsync().ConfigureAwait(false);
                if (line.Length + 1 > buffer.Length) await stream.WriteAsync(line).ConfigureAwait(false);
                else
                {
                    line.CopyTo(buffer.AsMemory(length));
                    length += line.Length;
                }
                buffer[length++] = lineEnd;
            }
            await FlushAsync().ConfigureAwait(false);
            if (isSynced && stream is FileStream file) file.Flush(flushToDisk: true);
            before = good;
            good += written;
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            CutBack();
            throw;
        }
    }

    public void Dispose() => stream.Dispose();

    async ValueTask FlushAsync()
    {
        await stream.WriteAsync(buffer.AsMemory(0, length)).ConfigureAwait(false);
        await stream.FlushAsync().ConfigureAwait(false);
        length = 0;
    }

    void CutBack()
    {
        if (!canCut) return;
        try
        {
            stream.SetLength(good);
            stream.Position = good;
        }
        catch (Exception e) when (Failures.IsFileError(e) || e is ArgumentException)
        {
            // A device has no length.
        }
    }

    static Stream StandardOutput()
    {
        // The console's stream says nothing when the reader of a pipe is gone. A file's stream would not move the place that a file
        // on standard output shares with other programs.
        if (OperatingSystem.IsWindows()) return Console.OpenStandardOutput();
        var pipe = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return pipe.CanSeek ? Console.OpenStandardOutput() : pipe;
    }
}
