using ConveyorActors.Actors.Links;
using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Cluster.Calls;

/// <summary>The destination of an offer, and when the offer is acknowledged.</summary>
readonly record struct OfferTarget(
    string Pipeline,
    string Stage,
    string Source,
    AckLevel AckLevel,
    CreditGrant? Credits
);

/// <summary>
/// Makes offers over a cluster. Each offer has an id, so that one whose reply was lost can be made again on the
/// pipeline's next node, and offers of one source to one stage keep their order when they are made again.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class RegionOffers(RegionCalls calls, int maxBytes, long maxMessageBytes)
{
    readonly Guid client = Guid.NewGuid();
    readonly OpenOffers open = new();

    /// <summary>Offers one record.</summary>
    public async ValueTask<OfferResult> OfferAsync(
        OfferTarget to,
        ConveyorRecord record,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(record);
        if (!WireSize.Fits(record, maxBytes))
            throw WireSize.CreateTooLargeError(record, $"of source '{to.Source}'", maxBytes);
        return await OfferPartAsync(to, "BufferForStage", new[] { record }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Offers records: in one step if they fit into one message, otherwise part by part, up to the first refusal.
    /// </summary>
    public ValueTask<OfferResult> OfferAsync(
        OfferTarget to,
        ReadOnlyMemory<ConveyorRecord> records,
        CancellationToken cancellationToken
    ) =>
        new RemoteOffer(
            maxBytes,
            maxMessageBytes,
            Copy(records),
            (part, c) => OfferPartAsync(to, "BufferBatchForStage", part, c)
        ).RunAsync(to.Source, cancellationToken);

    /// <summary>Offers records with an id that the caller supplies.</summary>
    public async ValueTask<OfferResult> OfferOnceAsync(
        OfferTarget to,
        ReadOnlyMemory<ConveyorRecord> records,
        OfferId id,
        CancellationToken cancellationToken
    )
    {
        var given = Copy(records);
        return await calls
            .OfferAsync(
                to.Pipeline,
                "OfferOnce",
                (service, isRepeat) =>
                    service.OfferOnceAsync(
                        to.Pipeline,
                        to.Stage,
                        to.Source,
                        given,
                        id with
                        {
                            IsRepeat = id.IsRepeat || isRepeat,
                        },
                        to.AckLevel,
                        to.Credits,
                        cancellationToken
                    ),
                null,
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    async ValueTask<OfferResult> OfferPartAsync(
        OfferTarget to,
        string what,
        ReadOnlyMemory<ConveyorRecord> records,
        CancellationToken cancellationToken
    )
    {
        Names.Validate(to.Pipeline, "pipeline");
        Names.Validate(to.Stage, "stage");
        Names.Validate(to.Source, "source");
        var turn = open.Begin(to);
        var wasReplied = false;
        try
        {
            var result = await calls
                .OfferAsync(
                    to.Pipeline,
                    what,
                    (service, isRepeat) =>
                        service.OfferOnceAsync(
                            to.Pipeline,
                            to.Stage,
                            to.Source,
                            records,
                            new(client, turn.Number) { FirstOpen = turn.FirstOpen, IsRepeat = isRepeat },
                            to.AckLevel,
                            to.Credits,
                            cancellationToken
                        ),
                    turn,
                    cancellationToken
                )
                .ConfigureAwait(false);
            wasReplied = true;
            return result;
        }
        finally
        {
            turn.End(wasReplied);
        }
    }

    static ConveyorRecord[] Copy(ReadOnlyMemory<ConveyorRecord> records)
    {
        var copy = records.ToArray();
        for (var i = 0; i < copy.Length; i++)
            if (copy[i] is null)
                throw new ArgumentNullException(nameof(records), $"records[{i}] is null; it must be a record.");
        return copy;
    }
}
