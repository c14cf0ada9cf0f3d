using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace ConveyorActors.Http.Records;

/// <summary>
/// Decompresses a body in gzip format and checks at its end that it was whole: .NET's decompressor takes a body that is
/// cut short as one that has ended.
/// </summary>
/// <remarks>For one thread at a time. The body must be one gzip member.</remarks>
sealed class GzipBody : BodyStream
{
    const int TrailerBytes = 8;

    readonly TailStream compressed;
    readonly GZipStream decompressed;
    readonly Crc32 checksum = new();
    uint size;

    const string Damaged = "it is truncated or damaged, or has more than one gzip member";

    /// <param name="body">The compressed bytes; not disposed.</param>
    public GzipBody(Stream body)
    {
        compressed = new(body);
        decompressed = new(compressed, CompressionMode.Decompress);
    }

    /// <exception cref="InvalidDataException">The body is no gzip, is damaged or has no end.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count;
        try
        {
            count = await decompressed.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException(Damaged, e); // the runtime's text speaks of an archive
        }
        if (count > 0)
        {
            checksum.Append(buffer.Span[..count]);
            size += (uint)count;
        }
        else if (buffer.Length > 0)
            await CheckEndAsync(cancellationToken).ConfigureAwait(false);
        return count;
    }

    async ValueTask CheckEndAsync(CancellationToken cancellationToken)
    {
        await compressed.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
        if (compressed.IsEmpty)
            return;
        var trailer = compressed.Tail;
        if (
            trailer.Length < TrailerBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(trailer) != checksum.GetCurrentHashAsUInt32()
            || BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != size
        )
            throw new InvalidDataException(Damaged);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            decompressed.Dispose();
        base.Dispose(disposing);
    }
}
