using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Stages;

/// <summary>
/// Leases lines beyond a worker's own lease to test whether the stage works for any of them. They are returned
/// uncharged and in their order.
/// </summary>
sealed class LookAhead(StageRun stage, LeasedBatch lease) : IAsyncDisposable
{
    readonly List<(LeasedBatch Lease, LeaseRenewer Keeper)> taken = [];

    /// <summary>Leases up to the given number of additional lines; none if no other line waits now.</summary>
    public async ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> TakeAsync(int count)
    {
        var more = await stage.LeaseAheadAsync(new BatchRequest(count) { HeldLease = lease.Id }).ConfigureAwait(false);
        if (more.Count == 0)
            return [];
        taken.Add((more, new LeaseRenewer(stage.Run, more)));
        return more.Records;
    }

    public async ValueTask DisposeAsync()
    {
        // The last lease is returned first, because each return goes to the head of its source's queue.
        for (var i = taken.Count - 1; i >= 0; i--)
        {
            var (more, keeper) = taken[i];
            using (keeper)
            {
                long[] all = [.. more.Records.Select(r => r.Sequence)];
                await stage
                    .Run.Buffers.ReturnToBufferAsync(
                        stage.Run.Pipeline,
                        more.Stage,
                        more.Id,
                        all,
                        "not tried",
                        charge: false
                    )
                    .ConfigureAwait(false);
            }
            foreach (var source in more.Records.GroupBy(r => r.SourceId))
                stage.Gate?.RecordReturned(source.Key, [.. source.Select(r => r.Sequence)]);
        }
        taken.Clear();
    }
}
