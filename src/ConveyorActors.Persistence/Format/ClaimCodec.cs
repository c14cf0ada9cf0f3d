using ConveyorActors.Persistence.Model;

namespace ConveyorActors.Persistence.Format;

/// <summary>Encodes a claim.</summary>
static class ClaimCodec
{
    public static void Write(ByteWriter to, Claim claim)
    {
        to.WriteNumber(claim.Epoch);
        to.WriteBlob(claim.Incarnation.ToByteArray());
        to.WriteText(claim.Holder);
        to.WriteNumber((long)claim.DeleteAfter.TotalMilliseconds);
    }

    public static Claim Read(ref ByteReader from)
    {
        var epoch = from.ReadNumber();
        var incarnation = from.ReadBlob();
        if (incarnation.Length != 16)
            throw new InvalidDataException($"an incarnation has {incarnation.Length} bytes; it must have 16");
        return new(epoch, new(incarnation), from.ReadText(), TimeSpan.FromMilliseconds(from.ReadInt()));
    }
}
