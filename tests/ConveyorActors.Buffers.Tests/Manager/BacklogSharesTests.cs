namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>How many records of a backlog are loaded at a time.</summary>
public sealed class BacklogSharesTests
{
    const int Backlog = 9_000,
        Limit = 10_000;

    [Theory]
    [InlineData(7_000, null)] // above the low watermark, which a backlog alone does not pass
    [InlineData(0, 300_000L)]
    public async Task A_backlog_is_read_about_once_although_others_take_the_room_or_memory_is_small(
        int most,
        long? bound
    )
    {
        var store = new BacklogStore(new Dictionary<string, int> { ["a"] = Backlog }, bound);
        await using var manager = new BufferManager<int>(
            new()
            {
                MaxTotalRecords = Limit,
                MaxPerStage = Limit,
                MaxPerSource = Limit,
            },
            new() { Store = store, SizeOf = static _ => 100 }
        );
        var seen = new List<int>();
        var others = 0;
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (seen.Count < Backlog)
        {
            Assert.True(clock.Elapsed < Within.Bound, $"{seen.Count} records in {store.Reads} reads");
            if (others < most)
                others += manager.BufferBatchForStage("t", "b", [.. Enumerable.Range(0, 100)]).Accepted;
            var lease = manager.GetBatch(BacklogStore.Stage, 100);
            seen.AddRange(Enumerable.Range(0, lease.Count).Select(i => lease[i].Record));
            manager.Complete(lease);
            if (lease.Count == 0)
                await Task.Delay(1);
        }

        Assert.Equal(Enumerable.Range(1, Backlog), seen);
        Assert.InRange(store.RecordsRead, Backlog, 2 * Backlog);
        Assert.InRange(store.Reads, 1, 50);
    }
}
