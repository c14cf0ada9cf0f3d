using ConveyorActors.Buffers;
using ConveyorActors.Http.Server;

namespace ConveyorActors.Cli.Serve;

/// <summary>The settings of <c>conveyor serve</c>.</summary>
/// <param name="Server">The options of the HTTP server.</param>
/// <param name="Buffers">The limits of every pipeline.</param>
/// <param name="Data">The data directory; null: records are in memory only.</param>
/// <param name="MaxInMemory">
/// Maximum bytes of each pipeline's waiting records in memory, with a data directory; null: the default.
/// </param>
/// <param name="StopDeadline">The time that consumers may take to finish when the server stops.</param>
sealed record ServeSettings(
    ConveyorServerOptions Server,
    BufferSettings Buffers,
    string? Data,
    long? MaxInMemory,
    TimeSpan StopDeadline
);
