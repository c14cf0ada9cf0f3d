namespace ConveyorActors.Pipelines;

/// <summary>
/// The run cannot begin: a source cannot be read, the sink cannot be written, or a name may not be used. Nothing has
/// run yet.
/// </summary>
/// <param name="message">One plain sentence that names the thing.</param>
public sealed class PipelineInputException(string message) : Exception(message);
