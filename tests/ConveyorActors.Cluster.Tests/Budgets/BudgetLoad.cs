using System.Collections.Concurrent;
using ConveyorActors.Cluster.Tests.Nodes;

namespace ConveyorActors.Cluster.Tests.Budgets;

/// <summary>
/// Producers and consumers of one source in several pipelines. It counts the records that are surely pending at each
/// moment: from when their offer has returned, or they are leased, until they are about to be settled. That is never
/// more than what is pending, so it must never be more than the budget.
/// </summary>
sealed class BudgetLoad(string stage, string source, string[] pipelines, AckLevel ackLevel)
{
    readonly CancellationTokenSource ending = new();
    readonly List<Task> working = [];
    readonly Lock gate = new();
    readonly HashSet<(string Pipeline, string Id)> pending = [],
        settling = [];

    /// <summary>How many records each pipeline has settled.</summary>
    public ConcurrentDictionary<string, int> Settled { get; } = new(pipelines.ToDictionary(p => p, _ => 0));

    /// <summary>The most records that were surely pending at one moment.</summary>
    public int MostPending { get; private set; }

    public void Start(Func<string, IBufferService> buffersOf)
    {
        foreach (var pipeline in pipelines)
        {
            working.Add(UntilEndAsync(() => ProduceAsync(buffersOf(pipeline), pipeline)));
            working.Add(UntilEndAsync(() => ConsumeAsync(buffersOf(pipeline), pipeline)));
        }
    }

    public async Task EndAsync()
    {
        await ending.CancelAsync();
        await Task.WhenAll(working).WaitAsync(Until.Patience);
        ending.Dispose();
    }

    async Task UntilEndAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested) { }
    }

    async Task ProduceAsync(IBufferService buffers, string pipeline)
    {
        for (var i = 0; ; i++)
        {
            var id = i.ToString(System.Globalization.CultureInfo.InvariantCulture);
            if (
                !(
                    await buffers.BufferForStageAsync(
                        pipeline,
                        stage,
                        source,
                        new(id, new byte[] { 1 }),
                        ackLevel,
                        cancellationToken: ending.Token
                    )
                ).IsAccepted
            )
            {
                await Task.Delay(20, ending.Token); // the pipeline moves: its store was not open
                continue;
            }
            lock (gate)
            {
                // A consumer may have been quicker than the reply.
                if (!settling.Contains((pipeline, id)))
                    pending.Add((pipeline, id));
                MostPending = Math.Max(MostPending, pending.Count);
            }
        }
    }

    async Task ConsumeAsync(IBufferService buffers, string pipeline)
    {
        while (true)
        {
            LeasedBatch batch;
            try
            {
                batch = await buffers.GetBatchAsync(pipeline, stage, new(2) { Wait = true }, ending.Token);
            }
            catch (Exception moved) when (moved is not OperationCanceledException)
            {
                await Task.Delay(20, ending.Token);
                continue;
            }
            lock (gate)
            {
                // What is leased is pending, whether the producer has its reply or not.
                foreach (var record in batch.Records)
                    pending.Add((pipeline, record.Record.Id));
                MostPending = Math.Max(MostPending, pending.Count);
            }
            await Task.Yield();
            lock (gate)
            {
                foreach (var record in batch.Records)
                {
                    settling.Add((pipeline, record.Record.Id));
                    pending.Remove((pipeline, record.Record.Id));
                }
            }
            try
            {
                if ((await buffers.CompleteAsync(pipeline, stage, batch.Id, cancellationToken: ending.Token)).IsOk)
                    Settled.AddOrUpdate(pipeline, 0, (_, n) => n + batch.Count);
            }
            catch (Exception moved) when (moved is not OperationCanceledException)
            {
                // The lease ended with its node: its records come again.
            }
        }
    }
}
