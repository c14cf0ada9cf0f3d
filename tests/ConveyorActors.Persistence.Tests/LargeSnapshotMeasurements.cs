using System.Diagnostics;
using ConveyorActors.Persistence.Tests.Journals;
using Xunit.Abstractions;

namespace ConveyorActors.Persistence.Tests;

/// <summary>
/// What a snapshot of many pending records costs: how long an offer waits at most while it is saved, and how long the
/// pipeline takes to open.
/// </summary>
public sealed class LargeSnapshotMeasurements(ITestOutputHelper output)
{
    const int RecordBytes = 1_000,
        Batch = 500;

    [MeasureFact]
    public async Task On_SQLite()
    {
        using var database = new SqliteDatabase();
        await MeasureAsync(database);
    }

    [MeasureFact]
    public async Task On_PostgreSQL()
    {
        if (PostgresServer.Binaries is null)
            return;
        using var server = new PostgresServer();
        using var database = server.CreateDatabase();
        await MeasureAsync(database);
    }

    async Task MeasureAsync(Database database)
    {
        await using var node = new JournalNode(database, "conveyor.journal.refuse-after = 60 s");
        output.WriteLine(
            "pending | snapshot | longest wait without one | longest wait while one is saved | opened in | opened with | process memory"
        );
        foreach (var megabytes in new[] { 50, 100, 200 })
            await MeasureAsync(database, node, megabytes);
    }

    async Task MeasureAsync(Database database, JournalNode node, int megabytes)
    {
        var name = $"pending{megabytes}";
        var records = Enumerable
            .Range(0, Batch)
            .Select(i => new ConveyorRecord($"r{i}", new byte[RecordBytes]))
            .ToArray();
        TimeSpan usual,
            longest;
        await using (var pipeline = await node.Storage().OpenedAsync(name))
        {
            for (var i = 0; i < megabytes * 1_000_000 / RecordBytes / Batch; i++)
                Assert.Equal(
                    Batch,
                    (await pipeline.BufferBatchForStageAsync(name, "stays", "a", records, AckLevel.Persisted)).Accepted
                );
            usual = await LongestAsync(pipeline, (i, _) => i < 20);
            longest = await LongestAsync(
                pipeline,
                (_, _) => database.Query($"select count(*) from snapshot where persistence_id = 'conveyor-{name}'") == 0
            );
        }
        var image = database.Query(
            $"select max(length(snapshot)) from snapshot where persistence_id = 'conveyor-{name}'"
        );
        var began = Stopwatch.GetTimestamp();
        await using var again = await node.Storage().OpenedAsync(name);
        var took = Stopwatch.GetElapsedTime(began);
        var pending = (await again.GetSnapshotAsync(name)).Total.Pending;
        Assert.True(pending >= megabytes * 1_000_000L / RecordBytes);
        output.WriteLine(
            $"{megabytes} MB | {image / 1e6:F0} MB | {usual.TotalMilliseconds:F0} ms | {longest.TotalMilliseconds:F0} ms | {took.TotalMilliseconds:F0} ms | {pending:N0} records | {Environment.WorkingSet / 1e6:F0} MB"
        );

        async Task<TimeSpan> LongestAsync(IBufferService pipeline, Func<int, TimeSpan, bool> goesOn)
        {
            var most = TimeSpan.Zero;
            for (var i = 0; goesOn(i, most); i++)
            {
                var offering = Stopwatch.GetTimestamp();
                Assert.Equal(
                    Batch,
                    (await pipeline.BufferBatchForStageAsync(name, "goes", "a", records, AckLevel.Persisted)).Accepted
                );
                var waited = Stopwatch.GetElapsedTime(offering);
                if (waited > most)
                    most = waited;
                await pipeline.CompleteAsync(
                    name,
                    "goes",
                    (await pipeline.GetBatchAsync(name, "goes", new BatchRequest(Batch))).Id
                );
            }
            return most;
        }
    }
}
