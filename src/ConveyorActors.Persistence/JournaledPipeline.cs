using ConveyorActors.Buffers.Service;
using ConveyorActors.Persistence.Port;

namespace ConveyorActors.Persistence;

/// <summary>
/// The buffer service over one pipeline whose records are in a journal. Its <see cref="PipelineOpener"/> opens and
/// closes the pipeline; calls pass through the opener's gate.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
/// <param name="pipeline">The pipeline.</param>
/// <param name="opener">Opens and closes the pipeline.</param>
/// <param name="checkInterval">
/// How often subscribers to signals check whether a pipeline that was taken over can be opened again.
/// </param>
/// <param name="clock">The clock that this interval is measured by.</param>
sealed class JournaledPipeline(string pipeline, PipelineOpener opener, TimeSpan checkInterval, TimeProvider clock)
    : DelegatingBufferService(
        new JournaledProducer(pipeline, opener, checkInterval, clock),
        new JournaledConsumer(opener),
        new JournaledCheckpoints(opener.Gate),
        new JournaledInspector(opener.Gate),
        new JournaledAdministrator(pipeline, opener)
    )
{
    /// <inheritdoc/>
    public override async ValueTask DisposeAsync() => await opener.CloseAsync().ConfigureAwait(false);
}
