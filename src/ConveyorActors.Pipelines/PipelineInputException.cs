namespace ConveyorActors.Pipelines;

/// <summary>
/// The exception for a run that cannot begin: a source cannot be read, the sink cannot be written, or a name is not
/// allowed. Nothing has run yet.
/// </summary>
/// <param name="message">One plain sentence that names the thing that is wrong.</param>
public sealed class PipelineInputException(string message) : Exception(message);
