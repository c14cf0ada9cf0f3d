using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers;

public sealed partial class BufferManager<T>
{
    readonly OfferBook offers = new();

    /// <summary>
    /// Offers records, in order, and accepts them once, however often the offer is made with the same id: a repeated offer gets the result of the first one, also after
    /// the records were taken back from a store. An offer of which nothing was accepted has done nothing, and is made anew.
    /// </summary>
    /// <exception cref="OfferForgottenException">The offer was made before, and its result may have been forgotten.</exception>
    /// <exception cref="InvalidOperationException">A receipt from disk is asked for, and the manager keeps nothing there.</exception>
    public async ValueTask<OfferResult> OfferOnceAsync(
        string stage, string source, ReadOnlyMemory<T> records, OfferId id, Receipt receipt = Receipt.Memory, CreditGrant? credits = null,
        CancellationToken cancellation = default)
    {
        id.Validate();
        CheckReceipt(receipt);
        cancellation.ThrowIfCancellationRequested();
        NamedOffer offer;
        while (offers.Begin(id, clock.NowMs, out offer) is { } underWay) await underWay.WaitAsync(cancellation).ConfigureAwait(false);
        OfferResult answer;
        try
        {
            if (offer.Known is { IsComplete: true } known)
            {
                var from = SourceOf(source);
                answer = new(known.Status, known.Accepted, known.Consumed, known.Evicted, from.Signal, from.AvailableCredits);
            }
            else
            {
                answer = await (MustWaitForStore ? catchUps!.WaitAsync(() => OfferAsync(stage, source, records, credits, offer, cancellation), records.Length, cancellation)
                    : OfferAsync(stage, source, records, credits, offer, cancellation)).ConfigureAwait(false);
            }
        }
        finally { offers.End(offer); }
        return receipt == Receipt.Disk && answer.Consumed > 0 ? await OnDiskAsync(answer).ConfigureAwait(false) : answer;
    }

    /// <summary>Notes what an offer with an id has done, in the unit that holds its records.</summary>
    void Note_NeedsLock(StageState<T> stage, NamedOffer offer, in OfferProgress progress, bool isComplete)
    {
        if (progress.Consumed == 0) return;
        if (offer.Known is { } before && before.Consumed == progress.Consumed && before.IsComplete == isComplete) return;
        var done = new RecentOffer(
            offer.Id.Client, offer.Id.Number, StatusOf(progress), progress.Accepted, progress.Consumed, progress.Evicted, isComplete, stage.Now);
        offers.Note(offer, done);
        if (store is not null) stage.Tell(new StageEvent<T>.Offered(done, offer.Id.FirstOpen));
    }

    /// <summary>The progress of an offer that was made before, and whose rest waits for room.</summary>
    static OfferProgress ProgressOf(NamedOffer? offer) => offer?.Known is { } known
        ? new() { Accepted = known.Accepted, Consumed = known.Consumed, Duplicates = known.Consumed - known.Accepted, Evicted = known.Evicted } : default;
}
