namespace ConveyorActors.Buffers;

/// <summary>Something a pipeline's user wants kept with the records: where a sink has got to, say.</summary>
/// <param name="Key">Its name, unique within the pipeline.</param>
/// <param name="Value">What is to be remembered. Replaces what was noted under the key before.</param>
public sealed record Note(string Key, string Value);
