using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Actors.Wire;
using ConveyorActors.Persistence.Format;

namespace ConveyorActors.Persistence;

/// <summary>
/// The identity of a journal: a random id, written once by the first process that uses the journal. Processes that read
/// the same identity write to the same journal.
/// </summary>
public static class JournalIdentity
{
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200),
        MaxPause = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Reads the identity, and writes one if the journal has none. If the journal fails, the method tries again until
    /// it is cancelled.
    /// </summary>
    /// <param name="system">
    /// An actor system whose journal's serializers are registered: <c>conveyor.persistence = on</c>, and its buffers
    /// have started.
    /// </param>
    /// <param name="settings">The settings that name the journal and the prefix of its persistence ids.</param>
    /// <param name="cancellationToken">Ends the attempts.</param>
    public static async Task<Guid> ReadAsync(
        ActorSystem system,
        JournalSettings settings,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(settings);
        for (var pause = FirstPause; ; pause = pause * 2 < MaxPause ? pause * 2 : MaxPause)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var read = new TaskCompletionSource<Guid?>(TaskCreationOptions.RunContinuationsAsynchronously);
            ((ExtendedActorSystem)system).SystemActorOf(
                Props.Create(() => new Reader(settings, read)),
                $"conveyor-journal-identity-{Guid.NewGuid():N}"
            );
            if (await read.Task.WaitAsync(cancellationToken).ConfigureAwait(false) is { } identity)
                return identity;
            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Reads the identity once. If two readers write the first event at the same time, the journal refuses one of the
    /// writes.
    /// </summary>
    sealed class Reader : UntypedPersistentActor
    {
        readonly TaskCompletionSource<Guid?> read;
        Guid? identity;

        public Reader(JournalSettings settings, TaskCompletionSource<Guid?> read)
        {
            this.read = read;
            PersistenceId = LosslessText.Escape(settings.ReservedPrefix + "journal");
            JournalPluginId = settings.Plugin == JournalSettings.Auto ? "" : settings.Plugin;
            SnapshotPluginId = settings.SnapshotPlugin == JournalSettings.Auto ? "" : settings.SnapshotPlugin;
        }

        public override string PersistenceId { get; }

        public override Recovery Recovery { get; } = new(SnapshotSelectionCriteria.None);

        protected override void OnRecover(object message)
        {
            switch (message)
            {
                case JournalNamed named:
                    identity ??= named.Identity;
                    break;
                case RecoveryCompleted when identity is null:
                    Persist(new JournalNamed(Guid.NewGuid()), named => End(named.Identity));
                    break;
                case RecoveryCompleted:
                    End(identity);
                    break;
            }
        }

        protected override void OnCommand(object message) => Unhandled(message);

        protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => Report(cause);

        protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
        {
            Report(cause);
            Context.Stop(Self);
        }

        protected override void OnRecoveryFailure(Exception reason, object? message = null) => Report(reason);

        void Report(Exception cause) =>
            Context.GetLogger().Debug("The journal's identity was not read: {Reason}.", Reasons.Describe(cause));

        void End(Guid? found)
        {
            read.TrySetResult(found);
            Context.Stop(Self);
        }

        protected override void PostStop() => read.TrySetResult(null);
    }
}
