namespace ConveyorActors.Actors.Observing;

/// <summary>The numbers of a pipeline, as the log compares them.</summary>
/// <param name="Now">Its numbers now.</param>
/// <param name="Opening">Its numbers when it was opened in this process; null: all of them are of this process.</param>
sealed record SeenPipeline(PipelineSnapshot Now, PipelineSnapshot? Opening);
