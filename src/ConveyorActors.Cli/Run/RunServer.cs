using System.Net;
using System.Net.Sockets;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Http.Server;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Run;

/// <summary>Serves the reading requests of the HTTP API during a run, so that it can be inspected.</summary>
sealed class RunServer(Terminal terminal) : IAsyncDisposable
{
    /// <summary>The time that requests in progress may take when the run has ended.</summary>
    static readonly TimeSpan LastRequests = TimeSpan.FromMilliseconds(500);

    ConveyorServer? server;

    /// <summary>Starts to listen. Reports the address, or the reason why it cannot listen.</summary>
    /// <returns>Whether the server listens.</returns>
    public async Task<bool> StartAsync(IBufferService buffers, PipelineDefinition definition, IPEndPoint listen)
    {
        var key = Environment.GetEnvironmentVariable(ApiKey.Variable);
        if (key is not null && ApiKey.Validate(key) is { } why)
        {
            terminal.WriteMessage($"{ApiKey.Variable} {why}");
            return false;
        }
        try
        {
            server = await ConveyorServer
                .StartAsync(
                    buffers,
                    new()
                    {
                        Listen = listen,
                        ApiKey = key,
                        Api = new()
                        {
                            IsReadOnly = true,
                            StageOrder = [.. definition.Stages.Select(s => s.Name), PipelineRunner.SinkStage],
                        },
                    }
                )
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
        {
            terminal.WriteMessage(
                $"--listen is '{listen}', on which the server cannot listen: {ExceptionSentence.Format(e)}; it must be an address of this machine and a free port"
            );
            return false;
        }
        terminal.WriteMessage($"listening on {server.Address.GetLeftPart(UriPartial.Authority)} (read-only)");
        return true;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (server is null)
            return;
        using var last = new CancellationTokenSource(LastRequests);
        await server.StopAsync(last.Token).ConfigureAwait(false);
        await server.DisposeAsync().ConfigureAwait(false);
    }
}
