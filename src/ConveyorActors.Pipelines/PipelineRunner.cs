using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Pipelines;

/// <summary>Runs a pipeline from its sources to its sink.</summary>
public sealed class PipelineRunner(IBufferService buffers, PipelineDefinition definition, TimeProvider clock)
{
    /// <summary>Runs until every line is settled, the run cannot go on, or it is cancelled.</summary>
    /// <param name="stop">Cancel to stop cleanly: no new lines are read, running commands may finish until the deadline, and the report says what remained.</param>
    public Task<RunReport> RunAsync(CancellationToken stop) =>
        throw new NotImplementedException($"{buffers} {definition} {clock} {stop}");

    /// <summary>Where the run is now. From any thread, at any time.</summary>
    public ValueTask<RunProgress> ProgressAsync() => throw new NotImplementedException();
}
