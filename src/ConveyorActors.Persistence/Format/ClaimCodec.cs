using ConveyorActors.Persistence.Model;

namespace ConveyorActors.Persistence.Format;

/// <summary>Encodes a claim.</summary>
static class ClaimCodec
{
    public static void Write(ByteWriter to, Claim claim)
    {
        to.Number(claim.Epoch);
        to.Blob(claim.Incarnation.ToByteArray());
        to.Text(claim.Holder);
        to.Number((long)claim.DeleteAfter.TotalMilliseconds);
    }

    public static Claim Read(ref ByteReader from)
    {
        var epoch = from.Number();
        var incarnation = from.Blob();
        if (incarnation.Length != 16)
            throw new InvalidDataException($"an incarnation has {incarnation.Length} bytes; it must have 16");
        return new(epoch, new(incarnation), from.Text(), TimeSpan.FromMilliseconds(from.Int()));
    }
}
