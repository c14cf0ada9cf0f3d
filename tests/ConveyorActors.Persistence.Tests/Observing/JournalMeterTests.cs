using ConveyorActors.Persistence.Tests.Journals;

namespace ConveyorActors.Persistence.Tests.Observing;

/// <summary>What the meter says of the journals of pipelines.</summary>
public sealed class JournalMeterTests : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly SqliteDatabase database = new();
    readonly string pipeline = $"metered-{Guid.NewGuid():N}";

    Measured Listen() => new("conveyor.journal.", tags => tags.TryGetValue("pipeline", out var of) && of == pipeline);

    double Value(Measured measured, string instrument) =>
        measured.Now()[$"conveyor.journal.{instrument} pipeline={pipeline}"];

    [Fact]
    public async Task Events_records_bytes_and_claims_are_counted_by_pipeline()
    {
        await using var node = new JournalNode(database);
        using var measured = Listen();
        await OfferAsync(node, 0, 10);
        await OfferAsync(node, 10, 5);
        Assert.Equal(
            (15.0, 1.0, 0.0, 0.0),
            (
                Value(measured, "records"),
                Value(measured, "claims"),
                Value(measured, "failures"),
                Value(measured, "fenced")
            )
        );
        Assert.Equal((0.0, 0.0), (Value(measured, "unwritten_bytes"), Value(measured, "failing")));
        // the claim, and at least one for each offer, as the second began after the first was written
        Assert.InRange(Value(measured, "events"), 3, 100);
        Assert.InRange(Value(measured, "bytes"), 15 * 20, 100_000);
        Assert.Equal(15, measured.Told("conveyor.journal.event_records").Sum());
        Assert.Equal(Value(measured, "events"), measured.Told("conveyor.journal.write_time").Count);
        Assert.Single(measured.Told("conveyor.journal.claim_time"));
        Assert.All(measured.Told("conveyor.journal.write_time"), t => Assert.InRange(t, 0, Patience.TotalSeconds));
        Assert.All(
            measured.Instruments.Values,
            i => Assert.False(string.IsNullOrEmpty(i.Unit) || string.IsNullOrEmpty(i.Description), i.Name)
        );
    }

    [Fact]
    public async Task Snapshots_are_counted()
    {
        await using var node = new JournalNode(
            database,
            "conveyor.journal { snapshot-after = 4 KiB, max-event-bytes = 4 KiB }"
        );
        using var measured = Listen();
        for (var i = 0; i < 40; i++)
        {
            await OfferAsync(node, i * 20, 20);
            await node.Buffers.CompleteAsync(
                pipeline,
                "s",
                (await node.Buffers.GetBatchAsync(pipeline, "s", new BatchRequest(100))).Id
            );
        }
        var began = TimeProvider.System.GetTimestamp();
        while (Value(measured, "snapshots") < 1)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "no snapshot was counted");
            await Task.Delay(10);
        }
    }

    [Fact]
    public async Task A_pipeline_that_was_taken_over_counts_as_fenced_on_its_old_node()
    {
        await using var a = new JournalNode(database);
        await using var b = new JournalNode(database);
        await OfferAsync(a, 0, 3);
        using var measured = Listen();
        await using var taken = await b.Storage().OpenedAsync(pipeline);
        var late = await a
            .Buffers.BufferForStageAsync(pipeline, "s", "a", Make(3), AckLevel.Persisted)
            .AsTask()
            .WaitAsync(Patience);
        Assert.Equal((OfferStatus.StoreFailing, 0), (late.Status, late.Consumed));
        var began = TimeProvider.System.GetTimestamp();
        while (Value(measured, "fenced") != 1)
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < Patience,
                "the incarnation does not count as fenced"
            );
            await Task.Delay(10);
        }
    }

    [Fact]
    public async Task A_failing_journal_and_the_commands_waiting_for_it_are_shown()
    {
        await using var node = new JournalNode(database, FailingJournal.Hocon);
        await OfferAsync(node, 0, 1);
        using var measured = Listen();
        FailingJournal.FailNext(database, 1_000_000);
        try
        {
            var offered = await node
                .Buffers.BufferForStageAsync(pipeline, "s", "a", Make(1), AckLevel.Persisted)
                .AsTask()
                .WaitAsync(Patience);
            Assert.Equal(OfferStatus.StoreFailing, offered.Status);
            Assert.Equal(1, Value(measured, "failing"));
            Assert.InRange(Value(measured, "failures"), 2, 1_000);
            // the record is in the buffer, and is written when that is possible
            Assert.InRange(Value(measured, "unwritten_bytes"), 1, 10_000);
        }
        finally
        {
            FailingJournal.FailNext(database, 0);
        }
        var began = TimeProvider.System.GetTimestamp();
        while (Value(measured, "failing") != 0 || Value(measured, "unwritten_bytes") != 0)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "the journal is still failing");
            await Task.Delay(10);
        }
    }

    async Task OfferAsync(JournalNode node, int first, int count)
    {
        var records = Enumerable.Range(first, count).Select(Make).ToArray();
        Assert.True(
            (
                await node
                    .Buffers.BufferBatchForStageAsync(pipeline, "s", "a", records, AckLevel.Persisted)
                    .AsTask()
                    .WaitAsync(Patience)
            ).IsAccepted
        );
    }

    static ConveyorRecord Make(int number) => new($"r{number}", new byte[50]);

    public void Dispose() => database.Dispose();
}
