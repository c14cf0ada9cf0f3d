using System.Buffers.Binary;
using System.Text;
using ConveyorActors.Pipelines.Files;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Sinks;

/// <summary>
/// Records what is about to be written to a sink, in a file in the data directory. After a kill, it distinguishes bytes
/// of the run past the settled length from bytes of another program. The plan is written before the sink, in one call,
/// and never synced: it outlives the process, but is not used after a power cut.
/// </summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class SinkPlan : IDisposable
{
    const long Magic = 0x31_4B4E_4953_5643;
    const int BootSize = 16,
        HashSize = 16,
        HeaderSize = 8 + BootSize + 8 + HashSize + 8;

    readonly string path;
    readonly SafeFileHandle file;
    readonly byte[] header = new byte[HeaderSize],
        boot = ReadBootId();

    SinkPlan(string path, SafeFileHandle file) => (this.path, this.file) = (path, file);

    /// <summary>Specifies the result of comparing a sink with a plan.</summary>
    public enum SinkOrigin
    {
        /// <summary>There is no valid plan: none at all, or one from before the machine was started.</summary>
        Unknown,

        /// <summary>The whole sink was written by the run that left the plan.</summary>
        Ours,

        /// <summary>The sink contains bytes that the run did not write.</summary>
        Foreign,
    }

    /// <summary>Opens the plan for writing. Returns null if there is no path or the file cannot be opened.</summary>
    public static SinkPlan? Open(string? path)
    {
        try
        {
            return path is null
                ? null
                : new(
                    path,
                    System.IO.File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite)
                );
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            return null;
        }
    }

    /// <summary>Records the bytes that are about to be written to the sink.</summary>
    /// <param name="written">The current length of the sink.</param>
    /// <param name="end">The end of the sink's current content.</param>
    /// <param name="next">The bytes to be written next.</param>
    /// <exception cref="SinkPlanException">The plan cannot be written; the message names its file.</exception>
    public void RecordNext(long written, FileEnd end, ReadOnlyMemory<byte> next)
    {
        BinaryPrimitives.WriteInt64LittleEndian(header, Magic);
        boot.CopyTo(header, 8);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8 + BootSize), written);
        Encoding.ASCII.GetBytes(end.Hash, header.AsSpan(16 + BootSize));
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16 + BootSize + HashSize), next.Length);
        try
        {
            RandomAccess.Write(file, [header, next], 0);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            throw new SinkPlanException(path, Failures.DescribeReason(e, path), e);
        }
    }

    /// <summary>Returns whether the whole sink was written by the run that left the plan.</summary>
    public static SinkOrigin Check(string? path, SafeFileHandle sink, long length)
    {
        if (path is null || !System.IO.File.Exists(path))
            return SinkOrigin.Unknown;
        using var plan = System.IO.File.OpenHandle(path);
        var header = new byte[HeaderSize];
        if (RandomAccess.Read(plan, header, 0) < HeaderSize || BinaryPrimitives.ReadInt64LittleEndian(header) != Magic)
            return SinkOrigin.Unknown;
        if (!header.AsSpan(8, BootSize).SequenceEqual(ReadBootId()))
            return SinkOrigin.Unknown;
        var written = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(8 + BootSize));
        var next = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(16 + BootSize + HashSize));
        if (length < written || length > written + next)
            return SinkOrigin.Foreign;
        if (
            FileEnd.Read(sink, written) is not { } end
            || end.Hash != Encoding.ASCII.GetString(header, 16 + BootSize, HashSize)
        )
            return SinkOrigin.Foreign;
        var (planned, found) = (new byte[64 << 10], new byte[64 << 10]);
        for (long at = 0; written + at < length; )
        {
            var count = (int)Math.Min(planned.Length, length - written - at);
            if (
                !Fill(plan, planned.AsSpan(0, count), HeaderSize + at)
                || !Fill(sink, found.AsSpan(0, count), written + at)
            )
                return SinkOrigin.Foreign;
            if (!planned.AsSpan(0, count).SequenceEqual(found.AsSpan(0, count)))
                return SinkOrigin.Foreign;
            at += count;
        }
        return SinkOrigin.Ours;
    }

    public void Dispose() => file.Dispose();

    static bool Fill(SafeFileHandle file, Span<byte> bytes, long at)
    {
        while (bytes.Length > 0)
        {
            var count = RandomAccess.Read(file, bytes, at);
            if (count == 0)
                return false;
            bytes = bytes[count..];
            at += count;
        }
        return true;
    }

    /// <summary>Returns the id of the machine's current boot; zeros if it is not known.</summary>
    static byte[] ReadBootId()
    {
        try
        {
            return Guid.TryParse(System.IO.File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(), out var boot)
                ? boot.ToByteArray()
                : new byte[BootSize];
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            return new byte[BootSize];
        }
    }
}
