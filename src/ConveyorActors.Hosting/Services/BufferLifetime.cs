using System.Collections.Concurrent;
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

    readonly ILogger log = GuardedLogger.Create(logger);
    readonly ConcurrentDictionary<string, Stop> stops = new(StringComparer.Ordinal);

    /// <summary>
    /// The stop of one pipeline: the records that were settled before it, and its report; null: the host's time was over
    /// first.
    /// </summary>
    sealed record Stop(long SettledBefore, StopReport? Report);

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

    /// <summary>
    /// Stops the pipelines if they are not stopped yet, and logs what remains. Until here, consumers could settle their
    /// open leases.
    /// </summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        if (stops.IsEmpty)
            await StopPipelinesAsync(TimeSpan.Zero, CancellationToken.None).ConfigureAwait(false);
        foreach (var (pipeline, stop) in stops)
        {
            var now = await buffers.Service.GetSnapshotAsync(pipeline, CancellationToken.None).ConfigureAwait(false);
            Log(pipeline, stop, now);
        }
    }

    async Task StopPipelinesAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        buffers.Service.RefuseNewPipelines();
        var pipelines = await buffers.Service.GetPipelinesAsync(CancellationToken.None).ConfigureAwait(false);
        await Task.WhenAll(pipelines.Select(pipeline => StopAsync(pipeline, deadline, cancellationToken)))
            .ConfigureAwait(false);
    }

    async Task StopAsync(string pipeline, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var before = await buffers.Service.GetSnapshotAsync(pipeline, CancellationToken.None).ConfigureAwait(false);
        StopReport? report = null;
        try
        {
            report = await buffers.Service.StopAsync(pipeline, deadline, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The host's time is over, and the pipeline is still draining.
        }
        stops[pipeline] = new(before.Total.Settled, report);
    }

    /// <summary>Logs the end of a pipeline. Consumers may have settled records since its own report.</summary>
    void Log(string pipeline, Stop stop, PipelineSnapshot now)
    {
        var report = new StopReport(
            now.Total.Settled - stop.SettledBefore,
            now.Total.Pending,
            now.Stages.Where(s => s.Level.Pending > 0)
                .ToDictionary(s => s.Stage, s => s.Level.Pending, StringComparer.Ordinal),
            stop.Report?.IsDurable ?? buffers.Service.IsDurable
        );
        if (stop.Report is null)
            HostingLog.StopCutShort(log, pipeline, report.ToString());
        else if (report.Remaining == 0 || report.IsDurable)
            HostingLog.Stopped(log, pipeline, report.ToString());
        else
            HostingLog.StoppedWithLoss(log, pipeline, report.ToString());
    }
}
