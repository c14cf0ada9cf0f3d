namespace ConveyorActors.Buffers.Service;

/// <summary>
/// The exception that is thrown when a record, a hop or a reply is larger than the limit of the connection between this
/// port and the node that holds the buffers. Nothing changed. The message names the object, its size and the setting.
/// </summary>
public sealed class WireLimitException(string message) : ArgumentException(message);
