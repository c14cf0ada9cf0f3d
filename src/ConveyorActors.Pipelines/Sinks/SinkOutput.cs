using System.Buffers;
using ConveyorActors.Pipelines.Running;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Sinks;

/// <summary>The file or stream that results end in. What a write did not finish is cut off again where that is possible.</summary>
sealed class SinkOutput : IDisposable
{
    readonly Stream stream;
    readonly byte[] buffer = ArrayPool<byte>.Shared.Rent(128 << 10);
    readonly bool canCut;
    long good;
    int length;

    /// <param name="stream">Where the lines go.</param>
    /// <param name="canCut">True when what a failed write left can be taken off again.</param>
    public SinkOutput(Stream stream, bool canCut) => (this.stream, this.canCut) = (stream, canCut);

    /// <summary>Opens the sink, or throws what the run cannot begin with. A file that exists is emptied.</summary>
    public static SinkOutput Open(SinkDefinition definition)
    {
        var path = definition.Path;
        if (path == "-") return new SinkOutput(StandardOutput(), canCut: false);
        try
        {
            var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            return new SinkOutput(file, file.CanSeek);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            throw new PipelineInputException($"{Failures.Sink(path)} cannot be written: {Failures.Reason(e, path)}");
        }
    }

    /// <summary>Writes a line for each record, all of it out when this completes. When it fails, none of them count.</summary>
    public async ValueTask WriteAsync(IReadOnlyList<BufferedRecord<Record>> records)
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
                buffer[length++] = (byte)'\n';
            }
            await FlushAsync().ConfigureAwait(false);
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
