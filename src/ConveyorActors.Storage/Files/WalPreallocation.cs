using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Storage.Files;

/// <summary>
/// Keeps the log ahead of what is written to it, filled with zeros: an fsync of a file that has just grown has to bring
/// its new length and place to the disk as well, and takes up to twice as long as one of a file that was overwritten.
/// SQLite takes zeros for the end of the log.
/// </summary>
/// <remarks>For the writer's thread: SQLite must not write meanwhile.</remarks>
sealed class WalPreallocation : IDisposable
{
    /// <summary>It grows by what it has, so that small directories stay small.</summary>
    const int Least = 64 << 10,
        Most = 1 << 20;

    /// <summary>Where there is less room than this, it is left to the records.</summary>
    const long Spare = 1L << 30;

    static readonly byte[] zeros = new byte[256 << 10];

    readonly string path;
    readonly long limit;
    SafeFileHandle? file;
    long length;
    bool isOff;

    /// <param name="data">The data file.</param>
    /// <param name="limit">Past this the log is folded, and begins anew.</param>
    public WalPreallocation(string data, long limit)
    {
        (path, this.limit) = (data + "-wal", limit);
        isOff = limit == 0;
    }

    /// <summary>Called after each transaction that was synced.</summary>
    public void Keep()
    {
        if (isOff)
            return;
        try
        {
            file ??= File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            var now = RandomAccess.GetLength(file);
            // It has outgrown what it had, and not for the first time: one transaction alone is not worth it.
            if (now > length && length > 0 && now < limit)
                now = Fill(now);
            length = now;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            isOff = true; // It is a matter of speed only.
        }
    }

    long Fill(long from)
    {
        if (new DriveInfo(path).AvailableFreeSpace < Spare)
            return from;
        var to = Math.Min(from + Math.Clamp(from, Least, Most), limit);
        for (var at = from; at < to; at += zeros.Length)
            RandomAccess.Write(file!, zeros.AsSpan(0, (int)Math.Min(zeros.Length, to - at)), at);
        return to;
    }

    public void Dispose() => file?.Dispose();
}
