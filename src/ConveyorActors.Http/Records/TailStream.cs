namespace ConveyorActors.Http.Records;

/// <summary>Passes on the bytes of a stream and keeps the last eight of them.</summary>
/// <remarks>For one thread at a time.</remarks>
sealed class TailStream(Stream inner) : BodyStream
{
    const int Kept = 8;

    readonly byte[] tail = new byte[Kept];
    int count;

    /// <summary>Gets the last bytes read, at most eight.</summary>
    public ReadOnlySpan<byte> Tail => tail.AsSpan(Kept - count);

    /// <summary>Gets whether no byte was read.</summary>
    public bool IsEmpty => count == 0;

    /// <summary>Reads the rest of the stream.</summary>
    public async ValueTask ReadToEndAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[4 << 10];
        while (await ReadAsync(buffer, cancellationToken).ConfigureAwait(false) > 0) { }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Keep(buffer.Span[..read]);
        return read;
    }

    void Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Kept)
            bytes = bytes[^Kept..];
        tail.AsSpan(bytes.Length).CopyTo(tail);
        bytes.CopyTo(tail.AsSpan(Kept - bytes.Length));
        count = Math.Min(Kept, count + bytes.Length);
    }
}
