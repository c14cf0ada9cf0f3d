using System.Runtime.InteropServices;
using Akka.Event;
using Akka.Persistence;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Persistence.Format;
using ConveyorActors.Persistence.Model;

namespace ConveyorActors.Persistence.Writing;

/// <summary>
/// The persistent actor of one pipeline. It reads the journal, claims it, and writes the units of the
/// <see cref="JournalStore"/>. It writes one event at a time, so that the next event carries all units added meanwhile;
/// while there are more units than one event can carry, the next full event is sent before the one before it is
/// confirmed. The actor stops on any failure of the journal; its successor reads the end of the journal again.
/// </summary>
sealed class PipelineJournal : UntypedPersistentActor
{
    /// <summary>The most events that are being written: one, and a second one if it is full.</summary>
    const int MaxEvents = 2;

    static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(10);

    readonly JournalStore store;
    readonly JournalSettings settings;
    readonly TimeProvider clock;
    readonly EventBuilder builder;
    readonly JournalLog log;
    readonly Queue<SentEvent> sent = new(); // in order; not confirmed yet
    readonly long bytesPerEvent;
    JournalReplay? replay;
    PipelineModel model = null!;
    Compaction? compaction;
    TimeSpan trust; // how long after the previous write a write is trusted without a check of the journal
    long lastSent;
    int writing; // how many events are being written
    bool isSplit, // a unit is being written in parts; no other event may come between them
        isCheckingLast,
        isClosing;

    /// <param name="store">The store whose units are written.</param>
    /// <param name="settings">The settings of the journal.</param>
    /// <param name="clock">The clock that the time between writes is measured by.</param>
    public PipelineJournal(JournalStore store, JournalSettings settings, TimeProvider clock)
    {
        (this.store, this.settings, this.clock) = (store, settings, clock);
        PersistenceId = JournalStorage.GetPersistenceId(settings, store.Pipeline);
        JournalPluginId = settings.Plugin == JournalSettings.Auto ? "" : settings.Plugin;
        SnapshotPluginId = settings.SnapshotPlugin == JournalSettings.Auto ? "" : settings.SnapshotPlugin;
        builder = new(settings.MaxEventBytes);
        log = new(Context.GetLogger(), PersistenceId);
        bytesPerEvent = settings.MaxEventBytes;
        replay = new(PersistenceId, store.Pipeline);
        lastSent = clock.GetTimestamp();
    }

    public static Props Props(JournalStore store, JournalSettings settings, TimeProvider clock) =>
        Akka.Actor.Props.Create(() => new PipelineJournal(store, settings, clock));

    /// <summary>Notifies the actor that there are units to write.</summary>
    public sealed record Wake : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static Wake Instance { get; } = new();
    }

    /// <summary>Tells the actor to write all units, and to stop.</summary>
    public sealed record Close : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static Close Instance { get; } = new();
    }

    /// <summary>Notifies the parent why the actor is about to stop.</summary>
    /// <param name="Reason">The journal's failure.</param>
    /// <param name="CanRead">Whether the journal can be read, because a write failed and not a read.</param>
    public sealed record Failed(string Reason, bool CanRead) : INoSerializationVerificationNeeded;

    /// <summary>
    /// The result of reading the journal's highest sequence number after all writes: whether it is that of the last
    /// write.
    /// </summary>
    sealed record LastChecked(bool IsLast) : INoSerializationVerificationNeeded;

    /// <summary>An event that was sent to the journal.</summary>
    sealed class SentEvent(Action<long> then)
    {
        /// <summary>
        /// Gets the action that is called with the event's sequence number when the event is confirmed, in the order of
        /// the events.
        /// </summary>
        public Action<long> Then { get; } = then;

        /// <summary>Gets or sets the event's sequence number; 0: it is not written yet.</summary>
        public long SequenceNr { get; set; }

        /// <summary>
        /// Gets or sets whether the event followed the one before it so soon that its row cannot be one that another
        /// process has written and deleted.
        /// </summary>
        public bool IsTrusted { get; set; }
    }

    /// <inheritdoc/>
    public override string PersistenceId { get; }

    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case SnapshotOffer { Snapshot: PipelineSnapshotBytes snapshot } offer:
                replay!.Restore(offer.Metadata.SequenceNr, snapshot);
                break;
            case IPipelineEvent written:
                replay!.Apply(LastSequenceNr, written);
                break;
            case RecoveryCompleted:
                HandleRecovered();
                break;
            default:
                throw new JournalException(
                    $"'{PersistenceId}' has {(message as SnapshotOffer)?.Snapshot.GetType() ?? message.GetType()} at sequence number {LastSequenceNr}, which is not an event of a pipeline. Is conveyor.journal.id-prefix used by others?"
                );
        }
    }

    void HandleRecovered()
    {
        var read = replay!;
        replay = null;
        try
        {
            read.Complete(LastSequenceNr);
        }
        catch (JournalException hole)
        {
            OnRecoveryFailure(hole);
            Context.Stop(Self);
            return;
        }
        model = read.Model;
        var inForce = model.Claim;
        trust = (inForce?.DeleteAfter ?? settings.DeleteAfter) / 2;
        if (inForce?.Incarnation == store.Incarnation)
            Begin(read);
        else if (
            store.Opened.IsCompleted
            || inForce is not null && store.TriedEpoch != 0 && inForce.Epoch >= store.TriedEpoch
        )
            Lose(inForce, read);
        else
            ClaimNext(inForce, read);
    }

    /// <summary>
    /// Writes the claim. No record is accepted before the claim is in the journal: from then on an earlier incarnation
    /// cannot write.
    /// </summary>
    void ClaimNext(Claim? before, JournalReplay read)
    {
        var claim = new Claim(
            (before?.Epoch ?? 0) + 1,
            store.Incarnation,
            $"process {Environment.ProcessId} on {Environment.MachineName}",
            settings.DeleteAfter
        );
        store.TriedEpoch = claim.Epoch;
        store.DeleteAfter = before?.DeleteAfter > settings.DeleteAfter ? before.DeleteAfter : settings.DeleteAfter;
        Send(
            new EpochClaimed(claim),
            _ =>
            {
                model.Claim = claim;
                Begin(read);
            }
        );
    }

    void Begin(JournalReplay read)
    {
        trust = model.Claim!.DeleteAfter / 2;
        compaction = new(
            this,
            Context,
            model,
            store.Counts,
            settings,
            clock,
            read.BytesSinceSnapshot,
            store.DeleteAfter
        );
        var self = Self;
        var isFirst = !store.Opened.IsCompleted;
        if (store.Begin(model, () => self.Tell(Wake.Instance, ActorRefs.NoSender)))
            log.LogRecovered(store);
        if (!isFirst)
            return;
        log.LogOpened(store, model);
    }

    void Lose(Claim? to, JournalReplay read)
    {
        var reason = $"pipeline '{store.Pipeline}' was taken over by another process ({to})";
        log.LogTakenOver(reason);
        store.Lose(reason, read.FindLastUnit(store.Incarnation));
        Context.Stop(Self);
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case Wake:
                WriteNext();
                break;
            case Close:
                isClosing = true;
                WriteNext();
                break;
            case LastChecked { IsLast: true }:
                isCheckingLast = false;
                for (var left = sent.Count; left > 0; left--)
                {
                    var confirmed = sent.Dequeue();
                    confirmed.Then(confirmed.SequenceNr); // may send another event
                }
                WriteNext();
                break;
            case LastChecked:
                End("another process has written to the journal since this one wrote last", canRead: true);
                break;
            case Status.Failure { Cause: var cause }:
                End($"the journal could not be read after a write: {Reasons.Describe(cause)}", canRead: false);
                break;
            default:
                if (compaction?.Handle(message) != true)
                    Unhandled(message);
                break;
        }
    }

    void WriteNext()
    {
        // A second event is used for units that one event cannot carry, and only while writes follow each other
        // closely: see Send.
        if (
            writing == MaxEvents
            || isSplit
            || isCheckingLast
            || writing > 0 && clock.GetElapsedTime(lastSent) > trust / 2
        )
            return;
        List<Unit> units = [];
        var first = store.Take(writing == 0 ? 0 : bytesPerEvent, bytesPerEvent, units);
        if (units.Count == 0)
        {
            if (isClosing && writing == 0)
                Context.Stop(Self);
            return;
        }
        writing++;
        var events = builder.Build(
            model.Claim!.Epoch,
            first,
            CollectionsMarshal.AsSpan(units),
            store.Zero,
            out var count
        );
        store.PutBack(units.Count - count);
        isSplit = events.Count > 1;
        SendFrom(0);
        // Not while a unit is split: the journal would get both events at once, and could write the second without the
        // first.
        if (!isSplit)
            Self.Tell(Wake.Instance, ActorRefs.NoSender);

        void SendFrom(int place) =>
            Send(
                events[place],
                sequenceNr =>
                {
                    compaction!.RecordEvent(events[place].Body.Length);
                    if (place + 1 < events.Count)
                    {
                        SendFrom(place + 1);
                        return;
                    }
                    // Not in Complete: the event before a split unit completes while the parts are being written.
                    if (events.Count > 1)
                        isSplit = false;
                    Complete(first, CollectionsMarshal.AsSpan(units)[..count], sequenceNr);
                }
            );
    }

    void Complete(long first, ReadOnlySpan<Unit> units, long sequenceNr)
    {
        var records = 0L;
        foreach (var unit in units)
        {
            model.Apply(unit.Entries, store.Zero);
            records += CountRecords(unit.Entries);
        }
        store.Counts.AddRecords(records);
        if (store.RemoveWritten(first + units.Length - 1))
            log.LogRecovered(store);
        writing--;
        compaction!.CompactIfDue(sequenceNr);
        WriteNext();
    }

    static long CountRecords(StoreEntry<ConveyorRecord>[] unit)
    {
        var count = 0L;
        foreach (var (_, change) in unit)
        {
            count += change switch
            {
                StageEvent<ConveyorRecord>.Buffered b => b.Records.Count,
                StageEvent<ConveyorRecord>.Parked p => p.Records.Count,
                _ => 0,
            };
        }
        return count;
    }

    /// <summary>
    /// Writes an event. The second write of a sequence number fails, unless its row has been deleted since. No row is
    /// deleted soon after a claim, so a write that soon follows another one can be trusted; after a longer pause the
    /// journal is checked first: see <see cref="Confirm"/>.
    /// </summary>
    void Send(IPipelineEvent written, Action<long> then)
    {
        var (before, began, next) = (lastSent, clock.GetTimestamp(), new SentEvent(then));
        lastSent = began;
        sent.Enqueue(next);
        PersistAsync(
            written,
            _ =>
            {
                (next.SequenceNr, next.IsTrusted) = (LastSequenceNr, clock.GetElapsedTime(before) < trust);
                store.Counts.AddEvent((written as UnitsWritten)?.Body.Length ?? 0, clock.GetElapsedTime(began));
                Confirm();
            }
        );
    }

    /// <summary>
    /// Confirms written events, in order. An event that cannot be trusted waits until all are written; then the journal
    /// is checked once for all of them.
    /// </summary>
    void Confirm()
    {
        while (!isCheckingLast && sent.TryPeek(out var first) && first.SequenceNr > 0)
        {
            if (first.IsTrusted)
                sent.Dequeue().Then(first.SequenceNr);
            else
                isCheckingLast = true;
        }
        if (!isCheckingLast || sent.Any(e => e.SequenceNr == 0))
            return;
        var last = LastSequenceNr;
        HighestSequenceNr
            .ReadAsync(Journal, PersistenceId, last, ReadTimeout)
            .PipeTo(Self, success: highest => new LastChecked(highest <= last));
    }

    void End(string reason, bool canRead)
    {
        Context.Parent.Tell(new Failed(reason, canRead), Self);
        Context.Stop(Self);
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        log.LogNotWritten(sequenceNr, cause);
        Context.Parent.Tell(new Failed($"the journal did not write: {Reasons.Describe(cause)}", CanRead: true), Self);
    }

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr) =>
        End($"the journal refused an event: {Reasons.Describe(cause)}", canRead: false);

    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        log.LogNotRead(reason);
        Context.Parent.Tell(
            new Failed(
                reason is JournalException
                    ? reason.Message
                    : $"the journal could not be read: {Reasons.Describe(reason)}",
                CanRead: false
            ),
            Self
        );
    }
}
