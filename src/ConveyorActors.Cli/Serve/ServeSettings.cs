using ConveyorActors.Buffers;
using ConveyorActors.Http.Server;

namespace ConveyorActors.Cli.Serve;

/// <summary>What <c>conveyor serve</c> was asked for.</summary>
/// <param name="Server">How it listens.</param>
/// <param name="Buffers">The limits of every pipeline.</param>
/// <param name="Data">The data directory; null: records are in memory only.</param>
/// <param name="StopDeadline">How long consumers may finish when it stops.</param>
sealed record ServeSettings(ConveyorServerOptions Server, BufferSettings Buffers, string? Data, TimeSpan StopDeadline);
