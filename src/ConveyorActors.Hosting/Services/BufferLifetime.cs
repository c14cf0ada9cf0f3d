using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ConveyorActors.Hosting.Services;

/// <summary>
/// Stops the pipelines: if there is a deadline, before other services of the host stop, so that consumers can finish;
/// otherwise after the others have stopped.
/// </summary>
sealed class BufferLifetime(EmbeddedBuffers buffers, IOptions<ConveyorOptions> options, ILogger<BufferLifetime> logger)
    : IHostedLifecycleService
{
    static readonly TimeSpan DeadlineInMemory = TimeSpan.FromSeconds(20);

    TimeSpan Deadline => options.Value.StopDeadline ?? (buffers.Service.IsDurable ? TimeSpan.Zero : DeadlineInMemory);

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Refuses new offers and lets consumers finish pending records, if there is a deadline.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken) =>
        Deadline > TimeSpan.Zero ? StopPipelinesAsync(Deadline, cancellationToken) : Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Stops the pipelines if they are not stopped yet.</summary>
    public Task StoppedAsync(CancellationToken cancellationToken) =>
        Deadline > TimeSpan.Zero ? Task.CompletedTask : StopPipelinesAsync(TimeSpan.Zero, CancellationToken.None);

    async Task StopPipelinesAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        buffers.Service.RefuseNewPipelines();
        var pipelines = await buffers.Service.GetPipelinesAsync(CancellationToken.None).ConfigureAwait(false);
        await Task.WhenAll(pipelines.Select(pipeline => StopAsync(pipeline, deadline, cancellationToken)))
            .ConfigureAwait(false);
    }

    async Task StopAsync(string pipeline, TimeSpan deadline, CancellationToken cancellationToken)
    {
        try
        {
            var report = await buffers.Service.StopAsync(pipeline, deadline, cancellationToken).ConfigureAwait(false);
            if (report.Remaining == 0 || report.IsDurable)
                HostingLog.Stopped(logger, pipeline, report.ToString());
            else
                HostingLog.StoppedWithLoss(logger, pipeline, report.ToString());
        }
        catch (OperationCanceledException)
        {
            HostingLog.StopCutShort(logger, pipeline);
        }
    }
}
