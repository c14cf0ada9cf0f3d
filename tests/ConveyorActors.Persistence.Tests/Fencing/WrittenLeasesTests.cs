using ConveyorActors.Buffers.Stores;
using ConveyorActors.Persistence.Tests.Journals;

namespace ConveyorActors.Persistence.Tests.Fencing;

/// <summary>
/// A process that was suspended still has a pipeline that another one has taken over, and does not know it.
/// </summary>
public sealed class WrittenLeasesTests : IDisposable
{
    const string Pipeline = "p",
        Stage = "s",
        Source = "a";

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly SqliteDatabase database = new();

    public void Dispose() => database.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_record_is_leased_before_its_predecessor_is_in_the_journal(bool waits)
    {
        await using var node = new JournalNode(database);
        await using var suspended = await node.Storage().OpenedAsync(Pipeline);
        await using var next = await node.Storage().OpenedAsync(Pipeline);
        Assert.True(
            (await next.BufferForStageAsync(Pipeline, Stage, Source, new("1", default), AckLevel.Persisted)).IsAccepted
        );

        var offering = suspended.BufferForStageAsync(Pipeline, Stage, Source, new("2", default), AckLevel.Buffered);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        var leased = 0;
        try
        {
            leased = (
                await suspended.GetBatchAsync(Pipeline, Stage, new BatchRequest(10) { Wait = waits }, patience.Token)
            ).Count;
        }
        catch (Exception refused) when (refused is StoreException or OperationCanceledException)
        {
            // It was taken over.
        }
        await offering;

        Assert.Equal(0, leased);
        Assert.Equal(
            ["1"],
            (await next.GetBatchAsync(Pipeline, Stage, new BatchRequest(10))).Records.Select(r => r.Record.Id)
        );
    }

    [Fact]
    public async Task A_consumer_waits_for_the_write_of_a_record_and_then_gets_it()
    {
        await using var node = new JournalNode(database);
        await using var pipeline = await node.Storage().OpenedAsync(Pipeline);
        var waiting = pipeline.GetBatchAsync(Pipeline, Stage, new BatchRequest(10) { Wait = true }).AsTask();
        Assert.True(
            (
                await pipeline.BufferForStageAsync(Pipeline, Stage, Source, new("1", default), AckLevel.Buffered)
            ).IsAccepted
        );
        var batch = await waiting.WaitAsync(Patience);
        Assert.Equal(("1", 0), (batch.Records[0].Record.Id, batch.Records[0].RetryCount));
        Assert.True((await pipeline.CompleteAsync(Pipeline, Stage, batch.Id)).IsOk);
        Assert.True((await pipeline.GetSnapshotAsync(Pipeline)).IsConserved);
    }
}
