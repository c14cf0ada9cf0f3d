using Akka.Actor;
using ConveyorActors.Actors;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Persistence.Writing;

namespace ConveyorActors.Persistence;

/// <summary>
/// Writes and reads a small pipeline of its own, so that the code that opens pipelines is compiled before the first of
/// them is moved to this process. The first recovery that reads rows through Akka.Persistence.Sql takes up to two
/// seconds of processor time, and every pipeline that moves here meanwhile would wait for it.
/// </summary>
public static class JournalWarmUp
{
    const string Name = "work";
    const int Bytes = 8_192,
        SnapshotAfter = 4_096;

    /// <summary>
    /// Opens, writes, closes and reads the pipeline, twice. It leaves a few small rows in the journal, which the next
    /// call with the same name uses again.
    /// </summary>
    /// <param name="system">
    /// An actor system with <c>conveyor.persistence = on</c>; <see cref="ConveyorSystem.Get"/> was called before.
    /// </param>
    /// <param name="name">A name that no other process of the cluster uses, such as the node's address.</param>
    /// <param name="cancellationToken">
    /// Ends the call. Work that it has not done is then done by the first pipeline.
    /// </param>
    public static async Task RunAsync(ActorSystem system, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var settings = ConveyorSystem.Get(system).Settings.Journal;
        var journal = settings with
        {
            IdPrefix = settings.ReservedPrefix,
            SnapshotAfter = SnapshotAfter,
            DeleteAfter = TimeSpan.FromMilliseconds(1),
        };
        var pipelineName = $"warm-up-{name}";
        // The second run reads the snapshot and the events that the first one has written.
        for (var life = 0; life < 2; life++)
        {
            var opener = new PipelineOpener(
                pipelineName,
                (ExtendedActorSystem)system,
                journal,
                TimeProvider.System,
                JournalCounts.Unmeasured,
                stores => new EmbeddedBufferService(TimeProvider.System, stores) { IsMeasured = false },
                before: Task.CompletedTask
            );
            var pipeline = new JournaledPipeline(pipelineName, opener, journal.ReopenAfter / 4, TimeProvider.System);
            await using (pipeline.ConfigureAwait(false))
                await UseAsync(pipeline, pipelineName, cancellationToken).ConfigureAwait(false);
        }
    }

    static async Task UseAsync(IBufferService pipeline, string name, CancellationToken cancellationToken)
    {
        await pipeline
            .BufferForStageAsync(
                name,
                Name,
                Name,
                new ConveyorRecord("large", new byte[Bytes]),
                AckLevel.Persisted,
                credits: null,
                cancellationToken
            )
            .ConfigureAwait(false);
        var batch = await pipeline
            .GetBatchAsync(name, Name, new BatchRequest(int.MaxValue), cancellationToken)
            .ConfigureAwait(false);
        await pipeline.CompleteAsync(name, Name, batch.Id, cancellationToken: cancellationToken).ConfigureAwait(false);
        await pipeline.FlushAsync(name, cancellationToken).ConfigureAwait(false);
        await pipeline
            .BufferForStageAsync(
                name,
                Name,
                Name,
                new ConveyorRecord("small", default),
                AckLevel.Persisted,
                credits: null,
                cancellationToken
            )
            .ConfigureAwait(false);
    }
}
