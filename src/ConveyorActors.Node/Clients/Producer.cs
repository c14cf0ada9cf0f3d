using System.Globalization;
using System.Text;
using ConveyorActors.Actors;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Node.Clients;

/// <summary>
/// Offers numbered records to a pipeline, one after the other: the next one only when the previous one is acknowledged
/// as persisted. Writes the acknowledged and the uncertain numbers to standard output.
/// </summary>
sealed class Producer(IBufferService buffers, Reports reports, TimeSpan interval)
{
    public const string Stage = "work";

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Offers records until the token is cancelled; an offer under way is awaited.</summary>
    public async Task RunAsync(string pipeline, string source, CancellationToken stop)
    {
        var number = 0;
        while (!stop.IsCancellationRequested)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"{source}-{number}");
            var wait = Pause;
            try
            {
                var result = await buffers
                    .BufferForStageAsync(
                        pipeline,
                        Stage,
                        source,
                        new ConveyorRecord(id, Encoding.UTF8.GetBytes(id)),
                        AckLevel.Persisted,
                        credits: null,
                        CancellationToken.None
                    )
                    .ConfigureAwait(false);
                if (result.IsAccepted)
                {
                    reports.WritePersisted(pipeline, source, number++);
                    wait = interval;
                }
                else if (result.Consumed > 0)
                {
                    // The record is in the buffer, and not yet in the journal. It is offered again: delivery is at
                    // least once.
                    reports.WriteUnknown(pipeline, source, number);
                }
            }
            catch (Exception lost)
                when (lost is BufferServiceException or TimeoutException or InvalidOperationException)
            {
                // The node died before it replied, so whether the record was accepted is not known. It is offered again
                // under the same number: delivery is at least once.
                reports.WriteUnknown(pipeline, source, number);
            }
            await reports.DelayAsync(wait, stop).ConfigureAwait(false);
        }
    }
}
