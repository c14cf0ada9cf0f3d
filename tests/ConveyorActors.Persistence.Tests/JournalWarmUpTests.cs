using ConveyorActors.Persistence.Tests.Journals;

namespace ConveyorActors.Persistence.Tests;

public sealed class JournalWarmUpTests
{
    const string Id = "'conveyor-' || char(9) || 'warm-up-node:4053'";

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
            database.Query($"select count(*) from snapshot where persistence_id = {Id}") > 0,
            "no snapshot was read"
        );
        // Each life writes a few events, and deletes those of the lives before it.
        Assert.InRange(database.Query($"select count(*) from journal where persistence_id = {Id}"), 1, 20);
        Assert.Equal(0, database.Query($"select count(*) from journal where persistence_id <> {Id}"));
    }

    [Theory]
    [InlineData("warm-up-node:4053")]
    [InlineData("node:4053")]
    public async Task A_warm_up_does_not_open_a_pipeline_whatever_its_name(string pipeline)
    {
        using var database = new SqliteDatabase();
        await using var node = new JournalNode(database);
        var record = new ConveyorRecord("1", new byte[] { 1 });
        await node.Buffers.BufferForStageAsync(pipeline, "s", "a", record, AckLevel.Persisted);

        await JournalWarmUp.RunAsync(node.System, "node:4053").WaitAsync(Patience);

        Assert.Equal(["1"], (await node.Buffers.PeekAsync(pipeline, "s", 9)).Select(r => r.Record.Id));
        await node.Buffers.BufferForStageAsync(pipeline, "s", "a", record, AckLevel.Persisted);
        Assert.Equal(2, (await node.Buffers.GetSnapshotAsync(pipeline)).Total.Buffered);
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
