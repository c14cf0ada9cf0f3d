using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Handles offers with ids, which are accepted once even if they are repeated.</summary>
sealed class IdentifiedOffers<T>(ManagerParts<T> parts)
{
    readonly EngineClock clock = parts.Clock;
    readonly IBufferStore<T>? store = parts.Store;
    readonly CatchUpQueue? catchUps = parts.CatchUps;
    public readonly OfferRegistry Registry = new();

    public async ValueTask<OfferResult> OfferOnceAsync(
        string stage,
        string source,
        ReadOnlyMemory<T> records,
        OfferId id,
        AckLevel ackLevel = AckLevel.Buffered,
        CreditGrant? credits = null,
        CancellationToken cancellationToken = default
    )
    {
        id.Validate();
        parts.WaitingOffers.ValidateAckLevel(ackLevel);
        cancellationToken.ThrowIfCancellationRequested();
        NamedOffer offer;
        while (Registry.Begin(id, clock.NowMs, out offer) is { } underWay)
            await underWay.WaitAsync(cancellationToken).ConfigureAwait(false);
        OfferResult result;
        try
        {
            if (offer.Known is { IsComplete: true } known)
            {
                var from = parts.Sources.GetOrAddSource(source);
                result = new(
                    known.Status,
                    known.Accepted,
                    known.Consumed,
                    known.Evicted,
                    from.Signal,
                    from.AvailableCredits
                );
            }
            else
            {
                result = await (
                    parts.WaitingOffers.MustWaitForStore
                        ? catchUps!.WaitAsync(
                            () =>
                                parts.WaitingOffers.OfferAsync(
                                    stage,
                                    source,
                                    records,
                                    credits,
                                    offer,
                                    cancellationToken
                                ),
                            records.Length,
                            cancellationToken
                        )
                        : parts.WaitingOffers.OfferAsync(stage, source, records, credits, offer, cancellationToken)
                ).ConfigureAwait(false);
            }
        }
        finally
        {
            Registry.End(offer);
        }
        return ackLevel == AckLevel.Persisted && result.Consumed > 0
            ? await parts.WaitingOffers.OnDiskAsync(result).ConfigureAwait(false)
            : result;
    }

    /// <summary>Adds the progress of an offer with an id to the unit that contains its records.</summary>
    public void RecordProgress_NeedsLock(
        StageState<T> stage,
        NamedOffer offer,
        in OfferProgress progress,
        bool isComplete
    )
    {
        if (progress.Consumed == 0)
            return;
        if (offer.Known is { } before && before.Consumed == progress.Consumed && before.IsComplete == isComplete)
            return;
        var done = new RecentOffer(
            offer.Id.Client,
            offer.Id.Number,
            OfferPath<T>.GetStatus(progress),
            progress.Accepted,
            progress.Consumed,
            progress.Evicted,
            isComplete,
            stage.Now
        );
        Registry.RecordProgress(offer, done);
        if (store is not null)
            stage.AddEvent(new StageEvent<T>.Offered(done, offer.Id.FirstOpen));
    }

    /// <summary>
    /// Returns the progress of an offer that was made before and whose remaining records wait for room.
    /// </summary>
    public static OfferProgress GetProgress(NamedOffer? offer) =>
        offer?.Known is { } known
            ? new()
            {
                Accepted = known.Accepted,
                Consumed = known.Consumed,
                Duplicates = known.Consumed - known.Accepted,
                Evicted = known.Evicted,
            }
            : default;
}
