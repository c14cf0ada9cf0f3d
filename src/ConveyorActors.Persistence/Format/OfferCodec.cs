using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Persistence.Format;

/// <summary>Encodes the result of an offer with an id.</summary>
static class OfferCodec
{
    const int Complete = 1;

    /// <summary>
    /// The statuses by their numbers. The numbers are part of the format: never change one, add at the end.
    /// </summary>
    static readonly OfferStatus[] Statuses =
    [
        OfferStatus.Accepted,
        OfferStatus.StageFull,
        OfferStatus.SourceFull,
        OfferStatus.GlobalFull,
        OfferStatus.TooLarge,
        OfferStatus.Duplicate,
        OfferStatus.Draining,
        OfferStatus.Dropped,
        OfferStatus.StoreFailing,
        OfferStatus.Held,
        OfferStatus.BudgetFull,
    ];

    /// <param name="to">The writer that the offer is added to.</param>
    /// <param name="offer">The offer.</param>
    /// <param name="zero">The moment from which its time counts, in milliseconds since 1970.</param>
    public static void Write(ByteWriter to, in RecentOffer offer, long zero)
    {
        to.WriteBlob(offer.Client.ToByteArray());
        to.WriteNumber(offer.Number);
        to.WriteByte((byte)(Array.IndexOf(Statuses, offer.Status) << 1 | (offer.IsComplete ? Complete : 0)));
        to.WriteNumber(offer.Accepted);
        to.WriteNumber(offer.Consumed);
        to.WriteNumber(offer.Evicted);
        to.WriteSigned(zero + offer.At);
    }

    /// <summary>Reads an offer. Its time is in milliseconds since 1970.</summary>
    public static RecentOffer Read(ref ByteReader from)
    {
        var client = from.ReadBlob();
        if (client.Length != 16)
            throw new InvalidDataException($"a client has {client.Length} bytes; it must have 16");
        var (number, head) = (from.ReadNumber(), from.ReadByte());
        if (head >> 1 >= Statuses.Length)
            throw new InvalidDataException($"status {head >> 1} of an offer is not known to this version");
        return new(
            new(client),
            number,
            Statuses[head >> 1],
            from.ReadInt(),
            from.ReadInt(),
            from.ReadInt(),
            (head & Complete) != 0,
            from.ReadSigned()
        );
    }
}
