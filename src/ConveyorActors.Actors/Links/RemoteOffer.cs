using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Links;

/// <summary>
/// Offers a batch to another node: in one step if the batch fits into one call, and otherwise part by part, in order,
/// up to the first refusal.
/// </summary>
sealed class RemoteOffer(
    int maxBytes,
    long maxMessageBytes,
    ReadOnlyMemory<ConveyorRecord> records,
    Func<ReadOnlyMemory<ConveyorRecord>, CancellationToken, ValueTask<OfferResult>> offer
)
{
    /// <exception cref="WireLimitException">The first record is too large.</exception>
    public async ValueTask<OfferResult> RunAsync(string source, CancellationToken cancellationToken)
    {
        var fit = CountBeforeTooLarge();
        if (fit == 0 && records.Length > 0)
            throw WireSize.CreateTooLargeError(records.Span[0], $"of source '{source}'", maxBytes);
        var rest = records[..fit];
        var whole = await OfferNextAsync().ConfigureAwait(false);
        while (
            rest.Length > 0
            && !cancellationToken.IsCancellationRequested
            && whole.Consumed == fit - rest.Length
            && whole.Status is OfferStatus.Accepted or OfferStatus.Duplicate or OfferStatus.Dropped
        )
        {
            OfferResult next;
            try
            {
                next = await OfferNextAsync().ConfigureAwait(false);
            }
            catch (BufferServiceException moved) when (moved.Problem is Problem.Elsewhere or Problem.NotNow)
            {
                // the earlier parts are accepted, and must not be offered again
                return whole with { Status = OfferStatus.StoreFailing };
            }
            whole = next with
            {
                Status = next.Status == OfferStatus.Accepted ? whole.Status : next.Status,
                Accepted = whole.Accepted + next.Accepted,
                Consumed = whole.Consumed + next.Consumed,
                Evicted = whole.Evicted + next.Evicted,
            };
        }
        return fit < records.Length && whole.Consumed == fit ? whole with { Status = OfferStatus.TooLarge } : whole;

        ValueTask<OfferResult> OfferNextAsync()
        {
            var part = rest[..WireSize.CountThatFit(rest.Span, maxMessageBytes / 2)];
            rest = rest[part.Length..];
            return offer(part, cancellationToken);
        }
    }

    int CountBeforeTooLarge()
    {
        var all = records.Span;
        for (var i = 0; i < all.Length; i++)
            if (!WireSize.Fits(all[i], maxBytes))
                return i;
        return all.Length;
    }
}
