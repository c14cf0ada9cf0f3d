using ConveyorActors.Actors;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Node.Clients;

/// <summary>
/// Leases the records of a pipeline's stage, processes them (here: writes a line to standard output for each) and
/// completes them.
/// </summary>
sealed class Consumer(IBufferService buffers, Reports reports)
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    const int BatchSize = 64;

    /// <summary>Works until the token is cancelled.</summary>
    public async Task RunAsync(string pipeline, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var batch = await buffers
                    .GetBatchAsync(pipeline, Producer.Stage, new BatchRequest(BatchSize) { Wait = true }, stop)
                    .ConfigureAwait(false);
                if (batch.Count > 0)
                {
                    foreach (var record in batch.Records)
                        reports.WriteProcessed(pipeline, record.SourceId, record.Record.Id);
                    var result = await buffers
                        .CompleteAsync(pipeline, Producer.Stage, batch.Id, cancellationToken: CancellationToken.None)
                        .ConfigureAwait(false);
                    // Otherwise the lease ended with its node, and its records are leased again.
                    if (result.IsOk)
                        reports.WriteSettled(pipeline, batch.Count);
                    continue;
                }
            }
            catch (Exception lost)
                when (lost is BufferServiceException or TimeoutException or InvalidOperationException)
            {
                // The pipeline is moving, or its journal does not reply. The leased records are leased again.
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            await reports.DelayAsync(Pause, stop).ConfigureAwait(false);
        }
    }
}
