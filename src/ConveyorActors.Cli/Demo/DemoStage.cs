using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Cli.Demo;

/// <summary>
/// A consumer of one stage: leases a batch, works, and hops the results to the next stage. A batch that fails is split
/// until the failing record is alone.
/// </summary>
/// <param name="buffers">The buffers.</param>
/// <param name="name">The name of the stage.</param>
/// <param name="next">The stage that gets the results; null: the records are finished.</param>
/// <param name="plan">The script, which has the time that work takes.</param>
/// <param name="story">The story, which gets the failures.</param>
/// <param name="clock">The clock.</param>
sealed class DemoStage(
    IBufferService buffers,
    string name,
    string? next,
    DemoPlan plan,
    DemoStory story,
    TimeProvider clock
)
{
    // Small compared with the watermarks of the stage, so that the end of a batch does not look like a change of
    // pressure.
    const int Batch = 4;
    const string Failure = "the price is not a number";

    static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    long done;

    /// <summary>Gets the number of records that this stage has finished.</summary>
    public long Done => Volatile.Read(ref done);

    public async Task RunAsync(CancellationToken stop)
    {
        var request = new BatchRequest(Batch)
        {
            Wait = true,
            OneSource = true,
            Consumer = name,
        };
        try
        {
            while (await buffers.GetBatchAsync(DemoPlan.Pipeline, name, request, stop) is { Count: > 0 } batch)
                await HandleAsync(batch.Id, batch.Records, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The user stopped the demo; an open lease is shown as unfinished.
        }
    }

    async Task HandleAsync(long lease, IReadOnlyList<BufferedRecord<ConveyorRecord>> records, CancellationToken stop)
    {
        if (await TryWorkAsync(records, stop))
        {
            await SettleAsync(lease, records);
        }
        else if (records.Count == 1)
        {
            await ReturnAsync(lease, records[0]);
        }
        else
        {
            story.Add($"{name}: a batch of {records.Count} fails and is split in halves");
            var half = records.Count / 2;
            await HandleAsync(lease, [.. records.Take(half)], stop);
            await HandleAsync(lease, [.. records.Skip(half)], stop);
        }
    }

    async Task<bool> TryWorkAsync(IReadOnlyList<BufferedRecord<ConveyorRecord>> records, CancellationToken stop)
    {
        TimeSpan? time;
        while ((time = plan.GetWorkTime(name, records.Count, story.Elapsed)) is null)
            await Task.Delay(PollInterval, clock, stop);
        await Task.Delay(time.Value, clock, stop);
        return name != DemoPlan.Enrich || !records.Any(r => DemoRecords.IsPoison(r.Record));
    }

    async Task SettleAsync(long lease, IReadOnlyList<BufferedRecord<ConveyorRecord>> records)
    {
        long[] sequences = [.. records.Select(r => r.Sequence)];
        var result = next is null
            ? await buffers.CompleteAsync(DemoPlan.Pipeline, name, lease, sequences)
            : await buffers.HopAsync(
                DemoPlan.Pipeline,
                name,
                lease,
                sequences,
                next,
                records.Select(r => r.Record).ToArray()
            );
        if (result.IsOk)
            Interlocked.Add(ref done, result.Settled);
    }

    async Task ReturnAsync(long lease, BufferedRecord<ConveyorRecord> failed)
    {
        var result = await buffers.ReturnToBufferAsync(DemoPlan.Pipeline, name, lease, [failed.Sequence], Failure);
        story.Add(
            result.DeadLettered > 0
                ? $"{name}: {failed.Record.Id} has failed {failed.RetryCount + 1} times and is now a dead letter; the other records of its batch succeeded"
                : $"{name}: {failed.Record.Id} caused the failure; only its retry count rises, and it waits before its next attempt"
        );
    }
}
