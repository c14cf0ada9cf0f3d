using ConveyorActors.Buffers.Service;
using ConveyorActors.Persistence.Port;

namespace ConveyorActors.Persistence;

/// <summary>
/// The port to one pipeline whose records are in a journal. Its <see cref="PipelineOpener"/> opens and closes the
/// pipeline; calls go through the opener's door.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
/// <param name="pipeline">The pipeline.</param>
/// <param name="opener">Opens and closes the pipeline.</param>
/// <param name="lookEvery">
/// How often subscribers to signals look whether a pipeline that was taken over can be opened again.
/// </param>
/// <param name="clock">Measures that time.</param>
sealed class JournaledPipeline(string pipeline, PipelineOpener opener, TimeSpan lookEvery, TimeProvider clock)
    : DelegatingBufferService(
        new JournaledProducer(pipeline, opener, lookEvery, clock),
        new JournaledConsumer(opener),
        new JournaledCheckpoints(opener.Door),
        new JournaledInspector(opener.Door),
        new JournaledAdministrator(pipeline, opener)
    )
{
    /// <inheritdoc/>
    public override async ValueTask DisposeAsync() => await opener.CloseAsync().ConfigureAwait(false);
}
