using ConveyorActors.Persistence.Tests.Journals;

namespace ConveyorActors.Persistence.Tests;

public sealed class JournalWarmUpTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_warm_up_reads_a_snapshot_and_events_and_leaves_no_pipeline_and_few_rows()
    {
        using var database = new SqliteDatabase();
        await using var node = new JournalNode(database);
        for (var start = 0; start < 4; start++)
            await JournalWarmUp.RunAsync(node.System, "node:4053").WaitAsync(Patience);
        Assert.Empty(await node.Buffers.GetPipelinesAsync().AsTask().WaitAsync(Patience));
        Assert.True(
            database.Query("select count(*) from snapshot where persistence_id = 'conveyor-warm-up-node:4053'") > 0,
            "no snapshot was read"
        );
        // Each life writes a few events, and deletes those of the lives before it.
        Assert.InRange(
            database.Query("select count(*) from journal where persistence_id = 'conveyor-warm-up-node:4053'"),
            1,
            20
        );
        Assert.Equal(
            0,
            database.Query("select count(*) from journal where persistence_id <> 'conveyor-warm-up-node:4053'")
        );
    }

    [Fact]
    public async Task A_warm_up_that_is_cancelled_ends()
    {
        using var database = new SqliteDatabase();
        await using var node = new JournalNode(database);
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            JournalWarmUp.RunAsync(node.System, "node:4053", cancel.Token).WaitAsync(Patience)
        );
    }
}
