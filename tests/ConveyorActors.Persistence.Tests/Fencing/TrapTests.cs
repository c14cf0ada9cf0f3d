using System.Collections.Immutable;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Persistence.Format;
using ConveyorActors.Persistence.Model;
using ConveyorActors.Persistence.Tests.Journals;
using ConveyorActors.Persistence.Writing;

namespace ConveyorActors.Persistence.Tests.Fencing;

/// <summary>
/// What was met with journals that several processes write in turn: each of these loses records, or takes minutes,
/// where its cure is missing.
/// </summary>
public sealed class TrapTests : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    readonly SqliteDatabase database = new();

    [Fact]
    public async Task Records_of_a_pipeline_that_moved_there_and_back_are_complete()
    {
        // The writer's id is that of a journal's instance: the default replay filter discards what an earlier one wrote
        // after it came back.
        var (a, b) = (new JournalNode(database), new JournalNode(database));
        for (var i = 0; i < 5; i++)
        {
            var (from, to) = i % 2 == 0 ? (a, b) : (b, a);
            await OfferAsync(from.Storage(), i);
        }
        await using var last = await a.Storage().OpenedAsync("p");
        Assert.Equal(
            Enumerable.Range(0, 5).Select(i => $"r{i}"),
            (await last.PeekAsync("p", "s", 100)).Select(r => r.Record.Id)
        );
        await a.DisposeAsync();
        await b.DisposeAsync();

        static async Task OfferAsync(JournalStorage storage, int number)
        {
            await using var pipeline = await storage.OpenedAsync("p");
            Assert.True(
                (await pipeline.BufferForStageAsync("p", "s", "a", Make(number), AckLevel.Persisted)).IsAccepted
            );
        }
    }

    [Fact]
    public async Task The_default_replay_filter_is_refused_instead_of_losing_records()
    {
        await Records_of_a_pipeline_that_moved_there_and_back_are_complete();
        // The check at the start is gone round; what is discarded then leaves a hole.
        var node = new JournalNode(
            database,
            database.JournalAt("copy", "replay-filter.mode = repair-by-discard-old, plugin-id = copy")
        );
        await using var pipeline = node.Storage(s => s with { Plugin = "copy" }).Open("p");
        var refused = await Assert.ThrowsAsync<Buffers.Stores.StoreException>(() =>
            pipeline.PeekAsync("p", "s", 100).AsTask().WaitAsync(Patience)
        );
        Assert.True(refused.Message.Contains("has a hole", StringComparison.Ordinal), refused.Message);
        await node.System.Terminate();
    }

    [Theory]
    [InlineData("sequence_number = 3")] // in the middle
    [InlineData("sequence_number <= 2")] // at the beginning
    [InlineData("sequence_number >= 2 and sequence_number <= 5")]
    public async Task A_journal_with_a_missing_event_is_refused_with_its_position(string missing)
    {
        await using var node = new JournalNode(database);
        await using (var pipeline = await node.Storage().OpenedAsync("p"))
            for (var i = 0; i < 6; i++)
                Assert.True(
                    (await pipeline.BufferForStageAsync("p", "s", "a", Make(i), AckLevel.Persisted)).IsAccepted
                );
        Assert.True(database.Execute($"delete from journal where {missing}") > 0);
        await using var again = node.Storage().Open("p");
        var refused = await Assert.ThrowsAsync<Buffers.Stores.StoreException>(() =>
            again.PeekAsync("p", "s", 100).AsTask().WaitAsync(Patience)
        );
        Assert.Contains(
            "Pipeline 'p' cannot be opened now: The journal has a hole: of 'conveyor-p'",
            refused.Message,
            StringComparison.Ordinal
        );
        // Offers are values, and stay with their callers.
        Assert.Equal((OfferStatus.StoreFailing, 0), await StatusAsync(again));
    }

    [Fact]
    public async Task A_hole_behind_the_last_event_is_refused_too()
    {
        // What a reader sees while another process deletes: the highest sequence number without its event.
        var replay = new JournalReplay("conveyor-p", "p");
        replay.Apply(1, new EpochClaimed(new(1, Guid.NewGuid(), "here", TimeSpan.FromMinutes(1))));
        replay.Complete(1);
        var hole = Assert.Throws<JournalException>(() => replay.Complete(5));
        Assert.Contains(
            "with sequence number 1 is followed by 6 (events 2 to 5 are missing)",
            hole.Message,
            StringComparison.Ordinal
        );
        await Task.CompletedTask;
    }

    [Fact]
    public async Task A_write_that_failed_because_of_another_write_in_its_batch_is_repeated()
    {
        // A duplicate key of any actor fails all that are in the same statement. It says nothing about this pipeline,
        // and nobody is told.
        await using var node = new JournalNode(database, $"{FailingJournal.Hocon}");
        await using var pipeline = await node.Storage().OpenedAsync("p");
        for (var i = 0; i < 10; i++)
        {
            FailingJournal.FailNext(database, 1);
            Assert.Equal(
                OfferStatus.Accepted,
                (
                    await pipeline
                        .BufferForStageAsync("p", "s", "a", Make(i), AckLevel.Persisted)
                        .AsTask()
                        .WaitAsync(Patience)
                ).Status
            );
        }
        Assert.Equal(10, (await pipeline.PeekAsync("p", "s", 100)).Count);
    }

    [Fact]
    public async Task A_write_wrongly_reported_as_failed_is_not_written_twice()
    {
        await using var node = new JournalNode(database, $"{FailingJournal.Hocon}");
        await using (var pipeline = await node.Storage().OpenedAsync("p"))
            for (var i = 0; i < 10; i++)
            {
                FailingJournal.FailNext(database, 1, afterWriting: true);
                Assert.Equal(
                    OfferStatus.Accepted,
                    (
                        await pipeline
                            .BufferForStageAsync("p", "s", "a", Make(i), AckLevel.Persisted)
                            .AsTask()
                            .WaitAsync(Patience)
                    ).Status
                );
            }
        await using var again = await node.Storage().OpenedAsync("p");
        Assert.Equal(
            Enumerable.Range(0, 10).Select(i => $"r{i}"),
            (await again.PeekAsync("p", "s", 100)).Select(r => r.Record.Id)
        );
    }

    [Fact]
    public async Task A_write_over_a_number_deleted_meanwhile_is_not_acknowledged()
    {
        // The other incarnation has written, taken a snapshot and deleted its events: the number that this one writes
        // next is free again.
        await using var a = new JournalNode(database);
        await using var b = new JournalNode(database);
        var quick = new Func<JournalSettings, JournalSettings>(s =>
            s with
            {
                SnapshotAfter = 4_096,
                DeleteAfter = TimeSpan.FromMilliseconds(50),
                ReopenAfter = TimeSpan.FromMinutes(1),
            }
        );
        await using var old = await a.Storage(quick).OpenedAsync("p");
        Assert.True((await old.BufferForStageAsync("p", "s", "a", Make(1), AckLevel.Persisted)).IsAccepted);
        await using (var taken = await b.Storage(quick).OpenedAsync("p"))
        {
            var began = TimeProvider.System.GetTimestamp();
            for (var i = 0; database.Query("select count(*) from journal where sequence_number <= 6") > 0; i++)
            {
                Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "nothing was deleted");
                Assert.True(
                    (
                        await taken.BufferForStageAsync(
                            "p",
                            "s",
                            "b",
                            new ConveyorRecord($"b{i}", new byte[2_000]),
                            AckLevel.Persisted
                        )
                    ).IsAccepted
                );
                await taken.CompleteAsync("p", "s", (await taken.GetBatchAsync("p", "s", new BatchRequest(100))).Id);
            }
        }
        var late = await old.BufferForStageAsync("p", "s", "a", Make(2), AckLevel.Persisted)
            .AsTask()
            .WaitAsync(Patience);
        Assert.Equal((OfferStatus.StoreFailing, 0), (late.Status, late.Consumed));
    }

    [Fact]
    public async Task An_outage_is_over_soon_after_the_journal_is_back()
    {
        // The breakers that Akka.Persistence ships keep the journal away for 30 s, and the snapshot store for 60 s,
        // after it was gone for a moment.
        await using var node = new JournalNode(
            database,
            $"{FailingJournal.Hocon}\nconveyor.journal.refuse-after = 500 ms"
        );
        await using var pipeline = await node.Storage().OpenedAsync("p");
        FailingJournal.FailNext(database, 1_000);
        while (
            (
                await pipeline
                    .BufferForStageAsync("p", "s", "a", Make(1), AckLevel.Persisted)
                    .AsTask()
                    .WaitAsync(Patience)
            ).IsAccepted
        ) { }
        FailingJournal.FailNext(database, 0);
        var began = TimeProvider.System.GetTimestamp();
        while (
            (
                await pipeline
                    .BufferForStageAsync("p", "s", "a", Make(2), AckLevel.Persisted)
                    .AsTask()
                    .WaitAsync(Patience)
            ).Status != OfferStatus.Accepted
        )
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(15),
                "offers are still refused"
            );
            await Task.Delay(10);
        }
    }

    static async Task<(OfferStatus, int)> StatusAsync(IBufferService pipeline)
    {
        var offered = await pipeline
            .BufferForStageAsync("p", "s", "a", Make(99), AckLevel.Persisted)
            .AsTask()
            .WaitAsync(Patience);
        return (offered.Status, offered.Consumed);
    }

    static ConveyorRecord Make(int number) => new($"r{number}", new byte[10]);

    public void Dispose() => database.Dispose();
}
