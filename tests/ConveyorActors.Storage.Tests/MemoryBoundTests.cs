using System.Text;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Storage.Tests;

/// <summary>
/// A backlog that is larger than the memory it may take: what comes in beyond the bound is only on disk until its turn
/// comes.
/// </summary>
public sealed class MemoryBoundTests : IAsyncLifetime
{
    const string Pipeline = "p",
        Stage = "s";
    const int RecordBytes = 100,
        Bound = 64 << 10;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    static readonly BufferSettings Roomy = new()
    {
        MaxTotalRecords = 1_000_000,
        MaxPerStage = 1_000_000,
        MaxPerSource = 1_000_000,
        Stage = new() { Backoff = BackoffSettings.None },
    };

    readonly TempDirectory temp = new();
    EmbeddedBufferService service = null!;

    public async Task InitializeAsync() => await OpenAsync();

    async Task OpenAsync(long? bound = Bound)
    {
        service = new(null, DataDirectory.Open(temp.Path, new() { MaxInMemoryBytes = bound }));
        await service.ConfigureAsync(Pipeline, Roomy);
    }

    public async Task DisposeAsync()
    {
        await service.DisposeAsync();
        temp.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1_000)]
    public async Task Records_beyond_the_bound_are_only_on_disk_and_are_leased_in_order(int batch)
    {
        await OfferAsync("a", 0, 5_000, batch);
        Assert.InRange((await service.PeekAsync(Pipeline, Stage, int.MaxValue)).Count, 1, Bound / RecordBytes + batch);
        Assert.Equal(5_000, (await service.GetSnapshotAsync(Pipeline)).Total.Pending);
        Assert.Equal(Numbers(0, 5_000), await TakeAsync(5_000));
        await AssertEmptyAsync();
    }

    [Fact]
    public async Task Concurrent_offers_and_leases_keep_the_order_of_each_source()
    {
        string[] sources = ["a", "b", "c"];
        var offering = sources.Select(s => Task.Run(() => OfferAsync(s, 0, 4_000, 50))).ToArray();
        var seen = sources.ToDictionary(s => s, _ => new List<string>());
        while (seen.Values.Sum(s => s.Count) < 12_000)
        {
            var lease = await service
                .GetBatchAsync(Pipeline, Stage, new BatchRequest(300) { Wait = true })
                .AsTask()
                .WaitAsync(Patience);
            foreach (var record in lease.Records)
                seen[record.SourceId].Add(record.Record.Id);
            Assert.True((await service.CompleteAsync(Pipeline, Stage, lease.Id)).IsOk);
        }
        await Task.WhenAll(offering);
        Assert.All(sources, s => Assert.Equal(Numbers(0, 4_000), seen[s]));
        await AssertEmptyAsync();
    }

    [Fact]
    public async Task A_source_without_records_in_memory_is_served_while_another_fills_it()
    {
        await OfferAsync("large", 0, 2_000, 100);
        await OfferAsync("small", 0, 100, 1);
        // Nothing of the large one is settled: it keeps what is in memory.
        var held = await service.GetBatchAsync(Pipeline, Stage, new BatchRequest(2_000) { OneSource = true });
        Assert.Equal("large", held.Records[0].SourceId);
        Assert.Equal(Numbers(0, 100), await TakeAsync(100, max: 10));
    }

    [Fact]
    public async Task Results_of_hops_are_written_to_disk()
    {
        await OfferAsync("a", 0, 3_000, 100);
        for (var moved = 0; moved < 3_000; )
        {
            var lease = await service
                .GetBatchAsync(Pipeline, Stage, new BatchRequest(100) { Wait = true, OneSource = true })
                .AsTask()
                .WaitAsync(Patience);
            await service
                .HopAsync(Pipeline, Stage, lease.Id, null, "next", lease.Records.Select(r => r.Record).ToArray())
                .AsTask()
                .WaitAsync(Patience);
            moved += lease.Count;
        }
        Assert.InRange((await service.PeekAsync(Pipeline, "next", int.MaxValue)).Count, 1, Bound / RecordBytes + 100);
        Assert.Equal(Numbers(0, 3_000), await TakeAsync(3_000, stage: "next"));
        await AssertEmptyAsync();
    }

    [Fact]
    public async Task Returned_records_with_their_retries_precede_those_on_disk()
    {
        await OfferAsync("a", 0, 2_000, 10);
        var lease = await service.GetBatchAsync(Pipeline, Stage, new BatchRequest(300));
        await service.ReturnToBufferAsync(Pipeline, Stage, lease.Id, null, "failed");
        var again = await service.GetBatchAsync(Pipeline, Stage, new BatchRequest(1));
        Assert.Equal(("0", 1), (again.Records[0].Record.Id, again.Records[0].RetryCount));
        await service.ReturnToBufferAsync(Pipeline, Stage, again.Id, null, "not tried", charge: false);
        Assert.Equal(Numbers(0, 2_000), await TakeAsync(2_000));
        await AssertEmptyAsync();
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(null)]
    public async Task A_backlog_stays_in_order_when_the_directory_is_opened_with_another_bound(long? bound)
    {
        await OfferAsync("a", 0, 3_000, 30);
        Assert.Equal(Numbers(0, 10), await TakeAsync(10));
        await service.DisposeAsync();
        await OpenAsync(bound);
        Assert.Equal(Numbers(10, 2_990), await TakeAsync(2_990));
        await AssertEmptyAsync();
    }

    [Fact]
    public async Task A_stop_waits_for_records_on_disk_too()
    {
        await OfferAsync("a", 0, 2_000, 10);
        var stopping = service.StopAsync(Pipeline, Patience).AsTask();
        Assert.Equal(Numbers(0, 2_000), await TakeAsync(2_000));
        Assert.Equal(0, (await stopping.WaitAsync(Patience)).Remaining);
    }

    async Task OfferAsync(string source, int from, int count, int batch)
    {
        for (var at = from; at < from + count; at += batch)
        {
            var records = Enumerable.Range(at, Math.Min(batch, from + count - at)).Select(Make).ToArray();
            Assert.Equal(
                records.Length,
                (await service.BufferBatchForStageAsync(Pipeline, Stage, source, records)).Accepted
            );
        }
    }

    /// <summary>
    /// Leases and completes records until so many were; returns their ids in the order in which they came.
    /// </summary>
    async Task<List<string>> TakeAsync(int count, string stage = Stage, int max = 250)
    {
        var ids = new List<string>();
        while (ids.Count < count)
        {
            var lease = await service
                .GetBatchAsync(Pipeline, stage, new BatchRequest(Math.Min(max, count - ids.Count)) { Wait = true })
                .AsTask()
                .WaitAsync(Patience);
            Assert.All(lease.Records, r => Assert.Equal(RecordBytes, r.Record.Payload.Length));
            ids.AddRange(lease.Records.Select(r => r.Record.Id));
            Assert.True((await service.CompleteAsync(Pipeline, stage, lease.Id)).IsOk);
        }
        return ids;
    }

    async Task AssertEmptyAsync()
    {
        var snapshot = await service.GetSnapshotAsync(Pipeline);
        Assert.Equal((0, 0), (snapshot.Total.Pending, snapshot.Total.PendingBytes));
        Assert.True(snapshot.IsConserved, snapshot.ToString());
    }

    static IEnumerable<string> Numbers(int from, int count) => Enumerable.Range(from, count).Select(n => $"{n}");

    static ConveyorRecord Make(int number) =>
        new($"{number}", Encoding.ASCII.GetBytes($"{number}".PadLeft(RecordBytes)));
}
