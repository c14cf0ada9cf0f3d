using Microsoft.Extensions.Hosting;

namespace ConveyorActors.Http.Server;

/// <summary>Leaves signal handling to the program, which drains before it stops the server.</summary>
sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
