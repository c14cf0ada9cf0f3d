using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Persistence;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Actors.Wire;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Persistence.Format;
using ConveyorActors.Persistence.Writing;

namespace ConveyorActors.Persistence;

/// <summary>
/// Creates the storage of each pipeline's records in a journal of Akka.Persistence, if <c>conveyor.persistence</c> is
/// on.
/// </summary>
public sealed class JournalStorageProvider : IPipelineStorageProvider
{
    /// <inheritdoc/>
    public void Check(ExtendedActorSystem system, ConveyorSettings settings)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(settings);
        var (journal, snapshots) = JournalConfig.FindPlugins(system.Settings.Config, settings.Journal);
        // If Akka.Persistence was started before, its plugins may run with the configuration of that time, which then
        // had to be correct by itself.
        if (!system.HasExtension<PersistenceExtension>())
            system.Settings.InjectTopLevelFallback(JournalConfig.For(journal, snapshots));
        JournalCheck.Check(system.Settings.Config, journal, snapshots);
    }

    /// <inheritdoc/>
    public IPipelineStorage Create(ExtendedActorSystem system, ConveyorSettings settings)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(settings);
        var (journal, snapshots) = JournalConfig.FindPlugins(system.Settings.Config, settings.Journal);
        if (journal == "akka.persistence.journal.inmem")
            system.Log.Warning(
                "conveyor.persistence is on, but the journal is {0}, which keeps nothing beyond the process. Set akka.persistence.journal.plugin or conveyor.journal.plugin.",
                journal
            );
        else if (snapshots == "akka.persistence.snapshot-store.local")
            system.Log.Warning(
                "Snapshots of pipelines go to {0}, files of this machine: on another machine the pipelines cannot be opened. Set akka.persistence.snapshot-store.plugin or conveyor.journal.snapshot-plugin.",
                snapshots
            );
        Akka.Persistence.Persistence.Instance.Apply(system);
        RunningSerializers.Register(
            system,
            JournalConfig.SerializerName,
            JournalConfig.Bindings,
            typeof(IStoredMessage),
            [typeof(UnitsWritten), typeof(EpochClaimed), typeof(PipelineSnapshotBytes), typeof(JournalNamed)],
            static s => new JournalSerializer(s)
        );
        return new JournalStorage(system, settings.Journal, TimeProvider.System);
    }
}

/// <summary>The pipelines of one actor system that are stored in its journal.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class JournalStorage(ExtendedActorSystem system, JournalSettings settings, TimeProvider clock) : IPipelineStorage
{
    readonly ConcurrentDictionary<string, PipelineOpener> openers = new(StringComparer.Ordinal);

    readonly JournalMeter meter = CreateMeter(system);

    static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Returns the persistence id of a pipeline. A journal writes it in UTF-8, so half surrogate pairs are escaped.
    /// </summary>
    public static string GetPersistenceId(JournalSettings settings, string pipeline) =>
        LosslessText.Escape(settings.IdPrefix + pipeline);

    /// <inheritdoc/>
    public async Task<bool> ExistsAsync(string pipeline)
    {
        ArgumentException.ThrowIfNullOrEmpty(pipeline);
        var journal = Akka
            .Persistence.Persistence.Instance.Apply(system)
            .JournalFor(settings.Plugin == JournalSettings.Auto ? "" : settings.Plugin);
        return await HighestSequenceNr
                .ReadAsync(journal, GetPersistenceId(settings, pipeline), 1, ReadTimeout)
                .ConfigureAwait(false) > 0;
    }

    /// <inheritdoc/>
    public IBufferService Open(string pipeline, Func<IBufferStores, IBufferService> start)
    {
        ArgumentException.ThrowIfNullOrEmpty(pipeline);
        ArgumentNullException.ThrowIfNull(start);
        lock (openers)
        {
            // A pipeline that is being handed over in this process must be closed first.
            var opener = new PipelineOpener(
                pipeline,
                system,
                settings,
                clock,
                meter.GetOrAddCounts(pipeline),
                start,
                openers.GetValueOrDefault(pipeline)?.Closed ?? Task.CompletedTask
            );
            openers[pipeline] = opener;
            _ = opener.Closed.ContinueWith(
                _ => Forget(pipeline, opener),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
            return new JournaledPipeline(pipeline, opener, settings.ReopenAfter / 4, clock);
        }
    }

    /// <inheritdoc/>
    public bool IsTakenOver(string pipeline) => openers.TryGetValue(pipeline, out var opener) && opener.IsTakenOver;

    /// <inheritdoc/>
    public PipelineSnapshot? GetNumbersAtOpening(string pipeline) =>
        openers.TryGetValue(pipeline, out var opener) ? opener.NumbersAtOpening : null;

    void Forget(string pipeline, PipelineOpener ended)
    {
        lock (openers)
        {
            if (openers.TryRemove(new(pipeline, ended)))
                meter.Remove(pipeline);
        }
    }

    static JournalMeter CreateMeter(ExtendedActorSystem system)
    {
        var meter = new JournalMeter(MeterNames.Reserve(system));
        _ = system.WhenTerminated.ContinueWith(
            _ => meter.Dispose(),
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default
        );
        return meter;
    }
}
