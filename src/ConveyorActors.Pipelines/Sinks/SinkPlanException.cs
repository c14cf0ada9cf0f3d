namespace ConveyorActors.Pipelines.Sinks;

/// <summary>
/// The exception for a sink's plan in the data directory that cannot be written. The sink itself is not at fault.
/// </summary>
/// <param name="path">The path of the plan.</param>
/// <param name="reason">The reason why it cannot be written.</param>
/// <param name="inner">The error of the file.</param>
sealed class SinkPlanException(string path, string reason, Exception inner)
    : IOException($"the file '{path}' of the data directory cannot be written: {reason}", inner);
