using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Persistence;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Persistence.Format;

namespace ConveyorActors.Persistence;

/// <summary>Stores each pipeline's records in a journal of Akka.Persistence: <c>conveyor.persistence = on</c>.</summary>
public sealed class JournalStorageProvider : IPipelineStorageProvider
{
    /// <inheritdoc/>
    public void Check(ExtendedActorSystem system, ConveyorSettings settings)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(settings);
        var (journal, snapshots) = JournalConfig.PluginsOf(system.Settings.Config, settings.Journal);
        // If Akka.Persistence was started before, its plugins may run with the configuration of that moment, which then had to be right by itself.
        if (!system.HasExtension<PersistenceExtension>()) system.Settings.InjectTopLevelFallback(JournalConfig.For(journal, snapshots));
        JournalCheck.Check(system.Settings.Config, journal, snapshots);
    }

    /// <inheritdoc/>
    public IPipelineStorage Create(ExtendedActorSystem system, ConveyorSettings settings)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(settings);
        var (journal, snapshots) = JournalConfig.PluginsOf(system.Settings.Config, settings.Journal);
        if (journal == "akka.persistence.journal.inmem")
            system.Log.Warning("conveyor.persistence is on, but the journal is {0}, which keeps nothing beyond the process. Set akka.persistence.journal.plugin or conveyor.journal.plugin.", journal);
        else if (snapshots == "akka.persistence.snapshot-store.local")
            system.Log.Warning("Snapshots of pipelines go to {0}, files of this machine: on another machine the pipelines cannot be opened. Set akka.persistence.snapshot-store.plugin or conveyor.journal.snapshot-plugin.", snapshots);
        Register(system);
        return new JournalStorage(system, settings.Journal, TimeProvider.System);
    }

    /// <summary>Registers the serializer for now. Akka creates its serializers again whenever a module extends the configuration, as Akka.Persistence does; the configuration has the binding, too.</summary>
    static void Register(ExtendedActorSystem system)
    {
        Akka.Persistence.Persistence.Instance.Apply(system);
        system.Settings.InjectTopLevelFallback(JournalConfig.Bindings);
        if (system.Serialization.FindSerializerForType(typeof(UnitsWritten)) is JournalSerializer) return;
        var serializer = new JournalSerializer(system);
        system.Serialization.AddSerializer("conveyor-journal", serializer);
        system.Serialization.AddSerializationMap(typeof(IStoredMessage), serializer);
        foreach (var type in new[] { typeof(UnitsWritten), typeof(EpochClaimed), typeof(PipelineSnapshotBytes) }) system.Serialization.AddSerializationMap(type, serializer);
    }
}

/// <summary>The pipelines of one actor system that are stored in its journal.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class JournalStorage(ExtendedActorSystem system, JournalSettings settings, TimeProvider clock) : IPipelineStorage
{
    readonly ConcurrentDictionary<string, Task> closed = new(StringComparer.Ordinal);

    static readonly TimeSpan LookTimeout = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public async Task<bool> ExistsAsync(string pipeline)
    {
        ArgumentException.ThrowIfNullOrEmpty(pipeline);
        var journal = Akka.Persistence.Persistence.Instance.Apply(system).JournalFor(settings.Plugin == JournalSettings.Auto ? "" : settings.Plugin);
        return await HighestSequenceNr.AskAsync(journal, settings.IdPrefix + pipeline, 1, LookTimeout).ConfigureAwait(false) > 0;
    }

    /// <inheritdoc/>
    public IBufferService Open(string pipeline, Func<IBufferStores, IBufferService> start)
    {
        ArgumentException.ThrowIfNullOrEmpty(pipeline);
        ArgumentNullException.ThrowIfNull(start);
        lock (closed)
        {
            // A pipeline that is being handed over in this process must be closed first.
            var opened = new JournaledPipeline(pipeline, system, settings, clock, start, closed.GetValueOrDefault(pipeline, Task.CompletedTask));
            closed[pipeline] = opened.Closed;
            _ = opened.Closed.ContinueWith(
                ended => closed.TryRemove(new(pipeline, ended)), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return opened;
        }
    }
}
