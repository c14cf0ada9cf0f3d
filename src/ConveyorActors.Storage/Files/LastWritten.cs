using System.Buffers.Binary;
using ConveyorActors.Storage.Format;
using ConveyorActors.Storage.Model;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Storage.Files;

/// <summary>
/// The file with the number of the last transaction, in the data directory. At the next start, it shows how many
/// transactions are missing in the data file.
/// </summary>
/// <remarks>
/// Written after each commit and never synced: it may be behind the commits, but never ahead of them. Without it, a log
/// that was truncated would look like one that had never been longer.
/// </remarks>
sealed class LastWritten : IDisposable
{
    public const string Name = "last";

    const long Mark = 0x314E4F4359455643; // the ASCII text CVEYCON1, with the version in the last byte
    const int Size = 32;

    readonly SafeFileHandle file;
    readonly byte[] bytes = new byte[Size];

    LastWritten(SafeFileHandle file) => this.file = file;

    public static LastWritten Open(string directory) =>
        new(
            File.OpenHandle(
                Path.Combine(directory, Name),
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.ReadWrite
            )
        );

    /// <summary>
    /// Reads the numbers of the last transaction and of the last synced one; null: there are no valid numbers.
    /// <paramref name="isNew"/>: the file was never written.
    /// </summary>
    public static (long Transaction, long Synced)? Read(string directory, out bool isNew)
    {
        var path = Path.Combine(directory, Name);
        isNew = !File.Exists(path);
        if (isNew)
            return null;
        var bytes = File.ReadAllBytes(path);
        if (bytes.Length != Size || BinaryPrimitives.ReadInt64LittleEndian(bytes) != Mark)
            return null;
        var (transaction, synced) = (
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8)),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(16))
        );
        return BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(24)) == ComputeChecksum(transaction, synced)
            ? (transaction, synced)
            : null;
    }

    public void Write(long transaction, long synced)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Mark);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), transaction);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), synced);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), ComputeChecksum(transaction, synced));
        RandomAccess.Write(file, bytes, 0);
    }

    public void Dispose() => file.Dispose();

    static long ComputeChecksum(long transaction, long synced)
    {
        var sum = Checksum.Start(RowKind.Head, Mark);
        sum.Add(transaction);
        sum.Add(synced);
        return sum.Value;
    }
}
