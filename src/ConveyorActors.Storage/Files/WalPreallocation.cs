using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Storage.Files;

/// <summary>
/// Keeps the write-ahead log longer than its content, filled with zeros. An fsync of a file that has just grown must
/// store its new length and place as well, and takes up to twice as long as one of an overwritten file. SQLite treats
/// zeros as the end of the log.
/// </summary>
/// <remarks>For the writer's thread only: SQLite must not write at the same time.</remarks>
sealed class WalPreallocation : IDisposable
{
    /// <summary>
    /// The log grows by its own size, so that small directories stay small; this is the smallest step.
    /// </summary>
    const int Min = 64 << 10,
        Max = 1 << 20;

    /// <summary>The free space that is reserved for records: with less, the log is not preallocated.</summary>
    const long Spare = 1L << 30;

    static readonly byte[] zeros = new byte[256 << 10];

    readonly string path;
    readonly long limit;
    SafeFileHandle? file;
    long length;
    bool isOff;

    /// <param name="data">The path of the data file.</param>
    /// <param name="limit">The size of the log at which it is moved into the data file and restarted.</param>
    public WalPreallocation(string data, long limit)
    {
        (path, this.limit) = (data + "-wal", limit);
        isOff = limit == 0;
    }

    /// <summary>Extends the log if necessary. Called after each transaction that was synced.</summary>
    public void Keep()
    {
        if (isOff)
            return;
        try
        {
            file ??= File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            var now = RandomAccess.GetLength(file);
            // The content has outgrown the preallocated part, and not for the first time: a single transaction is not
            // worth the effort.
            if (now > length && length > 0 && now < limit)
                now = Fill(now);
            length = now;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Preallocation is only an optimization. On Windows a path without a drive letter, such as that of a share,
            // is a wrong argument for DriveInfo.
            isOff = true;
        }
    }

    long Fill(long from)
    {
        if (new DriveInfo(path).AvailableFreeSpace < Spare)
            return from;
        var to = Math.Min(from + Math.Clamp(from, Min, Max), limit);
        for (var at = from; at < to; at += zeros.Length)
            RandomAccess.Write(file!, zeros.AsSpan(0, (int)Math.Min(zeros.Length, to - at)), at);
        return to;
    }

    public void Dispose() => file?.Dispose();
}
