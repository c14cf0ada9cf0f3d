namespace ConveyorActors.Actors.Observing;

/// <summary>The counters of a pipeline that the log compares.</summary>
/// <param name="Now">The counters now.</param>
/// <param name="Opening">
/// The counters when the pipeline was opened in this process; null: all of them were counted by this process.
/// </param>
sealed record SeenPipeline(PipelineSnapshot Now, PipelineSnapshot? Opening);
