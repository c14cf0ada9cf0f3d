using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Streams.Offering;

/// <summary>Offers records to a stage, in order, in batches, and only with room that was reserved before.</summary>
/// <remarks>
/// Used by one stream stage, and by the steps of its inbox. Records are in <see cref="buffer"/> from their arrival
/// until the service has replied: first those of the offer under way, then those gathered since. At most one call,
/// either an offer or a wait for credits, is under way at a time, which keeps the order of records.
/// </remarks>
sealed class CreditedOffers
{
    const int FirstChunk = 32;

    readonly OfferTarget target;
    readonly BufferSinkSettings settings;
    readonly StageInbox inbox;
    readonly Action changed;
    readonly CancellationTokenSource waits = new();
    readonly CancellationToken waitsCancelled;
    readonly DeferredStep gathering;
    ConveyorRecord[] buffer = new ConveyorRecord[16];
    int count; // records in the buffer
    int underWay; // the first ones of them: offered, without a result yet
    CreditGrant? grant;
    CreditGrant? grantAtLastTick;
    int credits; // unused credits of the grant
    int chunk; // the number of credits to request next
    int maxOffered; // the number of records to offer next: the batch size, or less after a refusal
    int bytesNeeded; // bytes of a record that was refused for its size
    bool wasEmpty; // whether the last grant was of no room
    bool isRequesting,
        isDue,
        isFinishing,
        isAbandoned,
        isClosed,
        isAdvancing,
        mustContinue;
    long accepted,
        duplicates,
        dropped,
        tooLarge,
        evicted;

    /// <summary>Initializes the offers; requests no credits yet.</summary>
    /// <param name="target">The stage to offer to, and the source of the records.</param>
    /// <param name="settings">The settings of the sink.</param>
    /// <param name="inbox">The inbox of the stream stage.</param>
    /// <param name="changed">
    /// Called when anything but <see cref="Add"/> may have changed the state of this object.
    /// </param>
    public CreditedOffers(OfferTarget target, BufferSinkSettings settings, StageInbox inbox, Action changed)
    {
        this.target = target;
        this.settings = settings;
        this.inbox = inbox;
        this.changed = changed;
        waitsCancelled = waits.Token;
        gathering = new(inbox, () => Gathered, Flush);
        chunk = Math.Min(FirstChunk, settings.Credits);
        maxOffered = settings.BatchSize;
    }

    int Gathered => count - underWay;

    /// <summary>Gets whether a record may be added: there are a credit for it and a place in the next batch.</summary>
    public bool HasRoom => Gathered < credits && Gathered < settings.BatchSize && !isClosed && Failure is null;

    /// <summary>Gets why no further record can be offered; null: no failure.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Gets whether every record that was added has a result.</summary>
    public bool IsEmpty => count == 0;

    /// <summary>Gets the number of records that were added and have no result yet.</summary>
    public int Left => count;

    /// <summary>Gets the counts of the records by result so far.</summary>
    public BufferSinkCounts Counts => new(accepted, duplicates, dropped, tooLarge, evicted);

    /// <summary>Requests the first credits.</summary>
    public void Start() => Advance();

    /// <summary>
    /// Adds a record. It is offered when its batch is full, or as soon as no other record follows at once.
    /// </summary>
    public void Add(ConveyorRecord record)
    {
        if (count == buffer.Length)
            Array.Resize(ref buffer, count * 2); // an offer under way still reads the old array
        buffer[count++] = record;
        if (underWay > 0)
            return;
        if (Gathered >= settings.BatchSize || Gathered >= credits)
            Advance();
        else
            gathering.Add();
    }

    /// <summary>Offers the gathered records, because no other record follows at once.</summary>
    void Flush()
    {
        if (underWay > 0 || count == 0)
            return;
        isDue = true;
        Advance();
    }

    /// <summary>Offers the gathered records now, because no more records will come.</summary>
    public void Finish()
    {
        isFinishing = isDue = true;
        Advance();
    }

    /// <summary>
    /// Ends the offers of a stream that was terminated. Records with credits are still offered, but nothing is waited
    /// for.
    /// </summary>
    public void Abandon()
    {
        isAbandoned = true;
        waits.Cancel();
        Finish();
    }

    /// <summary>Gets whether every record that will get a result has one.</summary>
    public bool IsFinished => isFinishing && underWay == 0 && (count == 0 || isAbandoned && credits == 0);

    /// <summary>Gives back the unused room, including room that may still be granted.</summary>
    public void Close()
    {
        if (isClosed)
            return;
        isClosed = true;
        waits.Cancel();
        waits.Dispose();
        DropGrant(hasUnspent: true);
    }

    /// <summary>
    /// Renews credits; called twice in a credit's time to live. A grant that is as old as the last call is exchanged
    /// for a new one.
    /// </summary>
    public void Renew()
    {
        var isOld = grant is not null && ReferenceEquals(grant, grantAtLastTick);
        grantAtLastTick = grant;
        if (!isOld || credits == 0 || underWay > 0 || isClosed)
            return;
        if (count > 0)
        {
            isDue = true;
            Advance();
            return;
        }
        chunk = Math.Clamp(grant!.Records - credits, 1, settings.Credits);
        DropGrant(hasUnspent: true);
        Advance();
    }

    void Advance()
    {
        mustContinue = true;
        if (isAdvancing)
            return;
        isAdvancing = true;
        while (mustContinue)
        {
            mustContinue = false;
            Offer();
            RequestCredits();
        }
        isAdvancing = false;
        changed();
    }

    void Offer()
    {
        var size = Math.Min(Math.Min(count, credits), maxOffered);
        if (underWay > 0 || size == 0 || isClosed || Failure is not null)
            return;
        if (!isDue && size < settings.BatchSize && size < credits)
            return;
        isDue = false;
        underWay = size;
        credits -= size;
        var (batch, with) = (buffer.AsMemory(0, size), grant);
        inbox.Await(
            () => target.Service.BufferBatchForStageAsync(target.Pipeline, target.Stage, target.Source, batch, with),
            OnResult,
            HandleRefused
        );
    }

    void OnResult(OfferResult result)
    {
        var size = underWay;
        underWay = 0;
        accepted += result.Accepted;
        evicted += result.Evicted;
        if (result.Status == OfferStatus.Dropped)
            dropped += result.Consumed - result.Accepted;
        else
            duplicates += result.Consumed - result.Accepted;
        Forget(result.Consumed);
        isDue = count > 0;
        switch (result.Status)
        {
            case OfferStatus.Accepted or OfferStatus.Duplicate:
                credits += size - result.Accepted; // a duplicate needs no room
                maxOffered = Math.Min(maxOffered * 2, settings.BatchSize);
                break;
            case OfferStatus.TooLarge when settings.SkipTooLarge:
                Forget(1);
                tooLarge++;
                credits += size - result.Accepted;
                break;
            case OfferStatus.TooLarge:
                FailTooLarge(buffer[0]);
                return;
            case OfferStatus.Draining:
                Fail(CreateDrainingError());
                return;
            default:
                // The credits had expired, or did not cover the record's bytes. The refused records stay here, and new
                // credits are requested.
                bytesNeeded = count > 0 ? buffer[0].GetSize() : 0;
                maxOffered = 1; // the stage counts the rest of an offer as refused, too
                DropGrant(hasUnspent: true);
                break;
        }
        if (credits == 0)
            grant = null;
        Advance();
    }

    /// <summary>
    /// Skips a first record that is too large for the wire to the service, if the settings skip records that are too
    /// large.
    /// </summary>
    void HandleRefused(Exception failure)
    {
        if (failure is WireLimitException && settings.SkipTooLarge && underWay > 0)
            OnResult(new(OfferStatus.TooLarge, 0, 0, 0, default, 0));
        else
            Fail(failure);
    }

    void FailTooLarge(ConveyorRecord record) =>
        inbox.Await(
            () => target.Service.GetSnapshotAsync(target.Pipeline),
            limits => Fail(new RecordTooLargeException(record, target.Stage, target.Source, limits)),
            _ => Fail(new RecordTooLargeException(record, target.Stage, target.Source, null))
        );

    void Forget(int records)
    {
        if (records == 0)
            return;
        count -= records;
        Array.Copy(buffer, records, buffer, 0, count);
        Array.Clear(buffer, count, records);
    }

    void RequestCredits()
    {
        if (isRequesting || underWay > 0 || credits > 0 || isClosed || Failure is not null)
            return;
        if (isAbandoned || isFinishing && count == 0)
            return;
        isRequesting = true;
        var records = bytesNeeded > 0 ? 1 : chunk;
        var bytes = Math.Max(settings.BytesPerRecord, bytesNeeded);
        inbox.Await(
            () =>
                target.Service.WaitForCreditsAsync(
                    target.Pipeline,
                    target.Stage,
                    target.Source,
                    records,
                    settings.CreditTimeToLive,
                    bytes,
                    waitsCancelled
                ),
            HandleGranted,
            Fail
        );
    }

    void HandleGranted(CreditGrant given)
    {
        isRequesting = false;
        if (isClosed || isAbandoned)
        {
            GiveBack(given);
            return;
        }
        if (given.Records == 0)
        {
            // The pipeline is stopping, or a byte limit was lowered during the wait: the second call fails then.
            if (wasEmpty || Math.Max(settings.BytesPerRecord, bytesNeeded) == 0)
                Fail(CreateDrainingError());
            else
            {
                wasEmpty = true;
                RequestCredits();
            }
            return;
        }
        wasEmpty = false;
        grant = given;
        credits = given.Records;
        if (bytesNeeded == 0)
            chunk = Math.Min(chunk * 2, settings.Credits); // upstream has used all its credits
        bytesNeeded = 0;
        Advance();
    }

    void Fail(Exception failure)
    {
        underWay = 0;
        isRequesting = false;
        if (isClosed || isAbandoned && failure is OperationCanceledException)
            return;
        Failure ??= failure;
        changed();
    }

    /// <summary>Returns the exception for a pipeline that accepts no more records.</summary>
    public BufferDrainingException CreateDrainingError() => new(target.Pipeline, target.Stage, accepted, count);

    void DropGrant(bool hasUnspent)
    {
        if (grant is { } old && hasUnspent)
            GiveBack(old);
        grant = null;
        credits = 0;
    }

    void GiveBack(CreditGrant given)
    {
        if (given.Records > 0)
            inbox.Await(
                () => target.Service.GiveBackCreditsAsync(target.Pipeline, given),
                static _ => { },
                static _ => { }
            );
    }
}
