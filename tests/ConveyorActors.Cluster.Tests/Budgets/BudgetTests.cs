using System.Globalization;
using ConveyorActors.Cluster.Tests.Nodes;

namespace ConveyorActors.Cluster.Tests.Budgets;

/// <summary>A source's budget over several nodes in this process.</summary>
public class BudgetTests
{
    const string Stage = "s", Source = "web";

    static string Budget(int records, string more = "") => $"conveyor.cluster {{ sources.web.max-records = {records.ToString(CultureInfo.InvariantCulture)}, grant-expiry = 2 s }}\n{more}";

    static ConveyorRecord[] Make(int count) => [.. Enumerable.Range(0, count).Select(i => new ConveyorRecord(i.ToString(CultureInfo.InvariantCulture), new byte[] { 1 }))];

    [Fact]
    public async Task Pipelines_together_accept_no_more_than_the_budget_and_what_settles_is_for_any_of_them()
    {
        await using var cluster = await TestCluster.StartAsync(2, Budget(40));
        var buffers = cluster[1].Buffers;
        var first = await buffers.BufferBatchForStageAsync("p1", Stage, Source, Make(25), Receipt.Disk).AsTask().WaitAsync(Until.Patience);
        Assert.Equal((OfferStatus.Accepted, 25), (first.Status, first.Accepted));
        var second = await buffers.BufferBatchForStageAsync("p2", Stage, Source, Make(25), Receipt.Disk).AsTask().WaitAsync(Until.Patience);
        Assert.Equal(OfferStatus.BudgetFull, second.Status);
        Assert.True((await buffers.BufferForStageAsync("p2", Stage, "other", Make(1)[0])).IsAccepted);
        await Until.TrueAsync(async () => (await buffers.BufferBatchForStageAsync("p2", Stage, Source, Make(25))).Status == OfferStatus.BudgetFull && await PendingAsync(buffers, "p1", "p2") == 40);
        Assert.Equal("budget of source web over the cluster", (await buffers.ExplainAsync("p2", Source))[0].Limit);

        var batch = await buffers.GetBatchAsync("p1", Stage, new(25));
        Assert.True((await buffers.CompleteAsync("p1", Stage, batch.Id)).IsOk);
        await Until.TrueAsync(async () => (await buffers.BufferForStageAsync("p2", Stage, Source, Make(1)[0])).IsAccepted);
        await Until.TrueAsync(async () =>
        {
            await buffers.BufferBatchForStageAsync("p2", Stage, Source, Make(25));
            return await PendingAsync(buffers, "p1", "p2") == 40;
        });
    }

    static async Task<long> PendingAsync(IBufferService buffers, params string[] pipelines)
    {
        long sum = 0;
        foreach (var pipeline in pipelines)
            sum += (await buffers.SnapshotAsync(pipeline)).Sources.SingleOrDefault(s => s.Source == Source)?.Level.Pending ?? 0;
        return sum;
    }
}
