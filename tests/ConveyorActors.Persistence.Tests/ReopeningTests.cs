using ConveyorActors.Persistence.Tests.Journals;

namespace ConveyorActors.Persistence.Tests;

public sealed class ReopeningTests : IDisposable
{
    readonly SqliteDatabase database = new();

    [Fact]
    public async Task Records_are_there_again_when_the_process_starts_anew()
    {
        await using (var node = new JournalNode(database))
        {
            var offered = await node.Buffers.BufferBatchForStageAsync("p", "s", "a", Make(1, 10), Receipt.Disk);
            Assert.Equal((OfferStatus.Accepted, 10), (offered.Status, offered.Accepted));
        }
        await using var again = new JournalNode(database);
        var lease = await again.Buffers.GetBatchAsync("p", "s", new BatchRequest(100));
        Assert.Equal(Enumerable.Range(1, 10).Select(i => $"r{i}"), lease.Records.Select(r => r.Record.Id));
    }

    static ConveyorRecord[] Make(int first, int count) => [.. Enumerable.Range(first, count).Select(i => new ConveyorRecord($"r{i}", new byte[i % 50]))];

    public void Dispose() => database.Dispose();
}
