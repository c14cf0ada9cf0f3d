using ConveyorActors.Persistence.Tests.Journals;

namespace ConveyorActors.Persistence.Tests;

public sealed class ReopeningTests : IDisposable
{
    readonly SqliteDatabase database = new();

    [Fact]
    public async Task Records_are_restored_when_the_process_restarts()
    {
        await using (var node = new JournalNode(database))
        {
            var offered = await node.Buffers.BufferBatchForStageAsync("p", "s", "a", Make(1, 10), AckLevel.Persisted);
            Assert.Equal((OfferStatus.Accepted, 10), (offered.Status, offered.Accepted));
        }
        await using var again = new JournalNode(database);
        var lease = await again.Buffers.GetBatchAsync("p", "s", new BatchRequest(100));
        Assert.Equal(Enumerable.Range(1, 10).Select(i => $"r{i}"), lease.Records.Select(r => r.Record.Id));
    }

    [Fact]
    public async Task Large_ids_keys_and_headers_count_as_many_bytes_as_before_the_restart()
    {
        await using (var node = new JournalNode(database))
        {
            ConveyorRecord[] records =
            [
                new(new string('a', 1_000), new byte[10]),
                new("b", default) { Key = new string('k', 2_000) },
            ];
            await node.Buffers.BufferBatchForStageAsync("p", "s", "a", records, AckLevel.Persisted);
            Assert.Equal(
                10 + 2_000 - 512 + 2 + 4_000 - 512,
                (await node.Buffers.GetSnapshotAsync("p")).Total.PendingBytes
            );
        }
        await using var again = new JournalNode(database);
        Assert.Equal(
            10 + 2_000 - 512 + 2 + 4_000 - 512,
            (await again.Buffers.GetSnapshotAsync("p")).Total.PendingBytes
        );
        var lease = await again.Buffers.GetBatchAsync("p", "s", new BatchRequest(10));
        await again.Buffers.CompleteAsync("p", "s", lease.Id);
        Assert.Equal(0, (await again.Buffers.GetSnapshotAsync("p")).Total.PendingBytes);
    }

    [Fact]
    public async Task Pipelines_whose_names_differ_in_half_a_surrogate_pair_have_separate_journals()
    {
        string[] names = ["a\uD800", "a\uD801", "\uDFFFa", "\uDBFF\uDFFF"];
        await using (var node = new JournalNode(database))
            foreach (var name in names)
                Assert.Equal(
                    OfferStatus.Accepted,
                    (
                        await node.Buffers.BufferForStageAsync(
                            name,
                            name,
                            name,
                            new(name, default) { Key = name },
                            AckLevel.Persisted
                        )
                    ).Status
                );
        await using var again = new JournalNode(database);
        foreach (var name in names)
        {
            var kept = Assert.Single(await again.Buffers.PeekAsync(name, name, 10));
            Assert.Equal((name, name, name), (kept.SourceId, kept.Record.Id, kept.Record.Key));
        }
    }

    [Fact]
    public async Task A_stopped_pipeline_reopens_with_its_records_when_it_is_configured()
    {
        await using var node = new JournalNode(database);
        Assert.True(
            (await node.Buffers.BufferBatchForStageAsync("p", "s", "a", Make(1, 10), AckLevel.Persisted)).IsAccepted
        );
        var report = await node.Buffers.StopAsync("p", TimeSpan.Zero);
        Assert.Equal((10, true), (report.Remaining, report.IsDurable));
        Assert.Equal(
            OfferStatus.Draining,
            (await node.Buffers.BufferForStageAsync("p", "s", "a", Make(11, 1)[0])).Status
        );
        await node.Buffers.ConfigureAsync("p", new());
        Assert.True(
            (await node.Buffers.BufferForStageAsync("p", "s", "a", Make(11, 1)[0], AckLevel.Persisted)).IsAccepted
        );
        var lease = await node.Buffers.GetBatchAsync("p", "s", new BatchRequest(100));
        Assert.Equal(Enumerable.Range(1, 11).Select(i => $"r{i}"), lease.Records.Select(r => r.Record.Id));
    }

    [Fact]
    public async Task A_stopped_journal_refuses_offers_and_shows_the_stopped_pipeline()
    {
        await using var node = new JournalNode(database);
        await node.Buffers.BufferBatchForStageAsync("p", "s", "a", Make(1, 10), AckLevel.Persisted);
        var held = await node.Buffers.GetBatchAsync("p", "s", new BatchRequest(1));
        await node.Conveyor.StopAsync(TimeSpan.Zero);

        Assert.True(node.Buffers.IsDurable);
        Assert.Equal(
            OfferStatus.Draining,
            (await node.Buffers.BufferForStageAsync("p", "s", "a", Make(11, 1)[0], AckLevel.Persisted)).Status
        );
        Assert.Equal(0, (await node.Buffers.GetBatchAsync("p", "s", new BatchRequest(1))).Count);
        // Nothing would store that the record is settled.
        Assert.False((await node.Buffers.CompleteAsync("p", "s", held.Id)).IsOk);
        Assert.Equal(10, (await node.Buffers.GetSnapshotAsync("p")).Total.Pending);
    }

    [Fact]
    public async Task Checkpoints_and_positions_exist_after_a_restart()
    {
        await using (var node = new JournalNode(database))
        {
            await node.Buffers.SetCheckpointAsync("only", new Checkpoint("sink", "at 1"));
            await node.Buffers.SetPositionAsync("only", "a", new SourcePosition(25, 2));
            Assert.True(
                (await node.Buffers.BufferBatchForStageAsync("p", "s", "a", Make(1, 10), AckLevel.Persisted)).IsAccepted
            );
            var lease = await node.Buffers.GetBatchAsync("p", "s", new BatchRequest(4));
            Assert.Equal(
                4,
                (await node.Buffers.CompleteAsync("p", "s", lease.Id, null, new Checkpoint("sink", "at 4"))).Settled
            );
            Assert.False(
                (await node.Buffers.CompleteAsync("p", "s", lease.Id, null, new Checkpoint("sink", "never"))).IsOk
            );
            Assert.Null(await node.Buffers.GetPositionAsync("only", "a")); // it counts from the next opening
        }
        await using var again = new JournalNode(database);
        Assert.Equal(
            ("at 1", "at 4"),
            (
                await again.Buffers.GetCheckpointAsync("only", "sink"),
                await again.Buffers.GetCheckpointAsync("p", "sink")
            )
        );
        Assert.Equal(new SourcePosition(25, 2), await again.Buffers.GetPositionAsync("only", "a"));
        Assert.Equal(6, (await again.Buffers.GetSnapshotAsync("p")).Total.Pending);
    }

    [Fact]
    public async Task Holds_of_an_operator_survive_a_restart_of_the_process()
    {
        await using (var node = new JournalNode(database))
        {
            Assert.True(await node.Buffers.PauseAsync("p", HoldTarget.Source, "a"));
            Assert.True(await node.Buffers.PauseAsync("p", HoldTarget.Stage, "s"));
            Assert.Equal(
                OfferStatus.Held,
                (await node.Buffers.BufferForStageAsync("p", "s", "a", Make(1, 1)[0])).Status
            );
            Assert.True(
                (await node.Buffers.BufferForStageAsync("p", "s", "b", Make(1, 1)[0], AckLevel.Persisted)).IsAccepted
            );
        }
        await using var again = new JournalNode(database);
        Assert.Equal(OfferStatus.Held, (await again.Buffers.BufferForStageAsync("p", "s", "a", Make(1, 1)[0])).Status);
        Assert.Equal(0, (await again.Buffers.GetBatchAsync("p", "s", new BatchRequest(9))).Count);
        Assert.True(await again.Buffers.ResumeAsync("p", HoldTarget.Stage, "s"));
        Assert.Equal(1, (await again.Buffers.GetBatchAsync("p", "s", new BatchRequest(9))).Count);
    }

    [Fact]
    public async Task A_hold_can_be_removed_in_a_pipeline_that_is_stored_and_not_open()
    {
        await using (var node = new JournalNode(database))
            Assert.True(await node.Buffers.PauseAsync("p", HoldTarget.Source, "a"));
        await using var again = new JournalNode(database);
        Assert.True(await again.Buffers.ResumeAsync("p", HoldTarget.Source, "a"));
        Assert.False(await again.Buffers.ResumeAsync("typo", HoldTarget.Source, "a"));
        Assert.True((await again.Buffers.BufferForStageAsync("p", "s", "a", Make(1, 1)[0])).IsAccepted);
    }

    [Fact]
    public async Task A_pipeline_removed_when_idle_is_reopened_with_its_numbers()
    {
        await using var node = new JournalNode(database, "conveyor.buffers.idle-after = 50 ms");
        await node.Buffers.BufferBatchForStageAsync("p", "s", "a", Make(1, 3), AckLevel.Persisted);
        var lease = await node.Buffers.GetBatchAsync("p", "s", new BatchRequest(100));
        await node.Buffers.CompleteAsync("p", "s", lease.Id);
        var began = TimeProvider.System.GetTimestamp();
        while ((await node.Buffers.GetPipelinesAsync()).Contains("p"))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30), "it is not removed");
            await Task.Delay(20);
        }
        Assert.Equal(3, (await node.Buffers.GetSnapshotAsync("p")).Total.Completed);
        // A stage that comes back goes on counting: a consumer may still hold a record of it.
        await node.Buffers.BufferForStageAsync("p", "s", "a", Make(4, 1)[0]);
        Assert.True((await node.Buffers.GetBatchAsync("p", "s", new BatchRequest(1))).Records[0].Sequence > 3);
    }

    [Fact]
    public async Task Records_flushed_through_the_actors_survive_a_kill()
    {
        var node = new JournalNode(database);
        Assert.True(node.Buffers.IsDurable);
        for (var i = 1; i <= 20; i++)
            Assert.True((await node.Buffers.BufferForStageAsync("p", "s", "a", Make(i, 1)[0])).IsAccepted);
        Assert.True(await node.Buffers.FlushAsync("p"));
        await using var other = new JournalNode(database); // the first one is not asked
        await using var taken = await other.Storage().OpenedAsync("p");
        Assert.Equal(20, (await taken.PeekAsync("p", "s", 100)).Count);
        await node.System.Terminate();
    }

    [Fact]
    public async Task A_query_opens_a_stored_pipeline_and_does_not_create_a_missing_one()
    {
        await using (var node = new JournalNode(database))
            await node.Buffers.BufferBatchForStageAsync("p", "s", "a", Make(1, 10), AckLevel.Persisted);
        await using var again = new JournalNode(database);
        Assert.Equal(0, (await again.Buffers.GetSnapshotAsync("typo")).Total.Pending);
        Assert.Empty((await again.Buffers.GetBatchAsync("typo", "s", new BatchRequest(5))).Records);
        Assert.Empty(await again.Buffers.GetPipelinesAsync());
        Assert.Equal(10, (await again.Buffers.GetSnapshotAsync("p")).Total.Pending);
        Assert.Equal(["p"], await again.Buffers.GetPipelinesAsync());
        Assert.Equal(0, database.Query("select count(*) from journal where persistence_id like '%typo%'"));
    }

    static ConveyorRecord[] Make(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(i => new ConveyorRecord($"r{i}", new byte[i % 50]))];

    public void Dispose() => database.Dispose();
}
