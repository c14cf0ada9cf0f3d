using ConveyorActors.Persistence.Tests.Journals;

namespace ConveyorActors.Persistence.Tests;

/// <summary>What is promised of a journal holds with PostgreSQL.</summary>
public sealed class PostgresTests : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly Lazy<PostgresServer> server = new(() => new PostgresServer());

    [PostgresFact]
    public async Task Records_in_PostgreSQL_are_restored_fenced_and_compacted()
    {
        using var database = server.Value.CreateDatabase();
        await using var a = new JournalNode(database);
        await using var b = new JournalNode(database);
        // They come back, through the actors.
        Assert.True(
            (
                await a
                    .Buffers.BufferBatchForStageAsync("p", "s", "a", Make(0, 10), AckLevel.Persisted)
                    .AsTask()
                    .WaitAsync(Patience)
            ).IsAccepted
        );
        // Another process takes the pipeline over, and has them.
        await using var taken = await b.Storage(s =>
                s with
                {
                    SnapshotAfter = 4_096,
                    DeleteAfter = TimeSpan.FromMilliseconds(10),
                }
            )
            .OpenedAsync("p");
        Assert.Equal(10, (await taken.PeekAsync("p", "s", 100)).Count);
        // The first one is told, and nothing of it is accepted.
        var late = await a
            .Buffers.BufferForStageAsync("p", "s", "a", Make(10, 1)[0], AckLevel.Persisted)
            .AsTask()
            .WaitAsync(Patience);
        Assert.Equal((OfferStatus.StoreFailing, 0), (late.Status, late.Consumed));
        // What has gone through leaves no events behind.
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(
                OfferStatus.Accepted,
                (
                    await taken
                        .BufferBatchForStageAsync("p", "s", "b", Make(i, 20), AckLevel.Persisted)
                        .AsTask()
                        .WaitAsync(Patience)
                ).Status
            );
            await taken.CompleteAsync("p", "s", (await taken.GetBatchAsync("p", "s", new BatchRequest(1_000))).Id);
        }
        Assert.True(await taken.FlushAsync("p"));
        var began = TimeProvider.System.GetTimestamp();
        while (database.Query("select count(*) from journal") > 60)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "events are not deleted");
            await Task.Delay(20);
        }
        await taken.DisposeAsync();
        await using var again = await b.Storage().OpenedAsync("p");
        Assert.Equal(2_010, (await again.GetSnapshotAsync("p")).Total.Completed);
    }

    static ConveyorRecord[] Make(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(i => new ConveyorRecord($"r{i}", new byte[i % 500]))];

    public void Dispose()
    {
        if (server.IsValueCreated)
            server.Value.Dispose();
    }
}
