using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Manager;

/// <summary>An offer with an id that is in progress.</summary>
sealed class NamedOffer(OfferId id)
{
    public OfferId Id { get; } = id;

    /// <summary>Gets or sets the progress of the offer; null: none.</summary>
    public RecentOffer? Known { get; set; }

    /// <summary>
    /// Gets or sets the task source that is completed when the offer has ended; null: no caller waits for the end.
    /// </summary>
    public TaskCompletionSource? Ended { get; set; }
}

/// <summary>Tracks a manager's offers with ids: each runs only once at a time, and its result is remembered.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class OfferRegistry
{
    readonly Lock gate = new();
    readonly OfferWindow window = new();
    readonly Dictionary<(Guid, long), NamedOffer> underWay = [];

    public void Restore(IReadOnlyList<RecentOffer> offers, long? forgottenAt)
    {
        lock (gate)
            window.Restore(offers, forgottenAt);
    }

    /// <summary>
    /// Begins an offer. Returns null, or, if the same offer is already in progress, a task that completes when that one
    /// has ended.
    /// </summary>
    /// <exception cref="OfferForgottenException">
    /// The offer was made before, and its result may have been forgotten.
    /// </exception>
    public Task? Begin(OfferId id, long now, out NamedOffer offer)
    {
        lock (gate)
        {
            if (underWay.TryGetValue(id.Key, out offer!))
                return (offer.Ended ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            offer = new(id);
            if (window.TryFind(id.Client, id.Number, out var known))
                offer.Known = known;
            else if (id.IsRepeat && window.MayHaveForgotten(now))
            {
                throw new OfferForgottenException(
                    $"Offer {id.Number} of client {id.Client} was made before, and more than {OfferWindow.MostOffers} offers were not confirmed by their clients since: whether it was accepted is not known. Nothing was done now."
                );
            }
            underWay.Add(id.Key, offer);
            return null;
        }
    }

    /// <summary>Remembers the progress of an offer.</summary>
    public void RecordProgress(NamedOffer offer, in RecentOffer done)
    {
        lock (gate)
        {
            offer.Known = done;
            window.Add(done, offer.Id.FirstOpen);
        }
    }

    /// <summary>Marks an offer as no longer in progress.</summary>
    public void End(NamedOffer offer)
    {
        lock (gate)
            underWay.Remove(offer.Id.Key);
        offer.Ended?.SetResult();
    }
}
