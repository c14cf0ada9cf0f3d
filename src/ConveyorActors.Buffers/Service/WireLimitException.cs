namespace ConveyorActors.Buffers.Service;

/// <summary>
/// A record, a hop or a reply is larger than the wire between this port and the node that holds the buffers admits.
/// Nothing changed. The message names it, its size and the setting.
/// </summary>
public sealed class WireLimitException(string message) : ArgumentException(message);
