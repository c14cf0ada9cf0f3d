using ConveyorActors.Buffers.Inspection;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Storage.Tests;

/// <summary>Leases of records that are only on disk because the directory was opened again, or memory is full.</summary>
public sealed class ReopenedBacklogTests : IAsyncLifetime
{
    const string Pipeline = "p",
        Stage = "s";
    const int Count = 5_000;

    static readonly string[] Sources = ["a", "b"];

    readonly TempDirectory temp = new();
    EmbeddedBufferService service = null!;

    public Task InitializeAsync()
    {
        Open();
        return Task.CompletedTask;
    }

    void Open(long? bound = 64 << 20) =>
        service = new(null, DataDirectory.Open(temp.Path, new() { MaxInMemoryBytes = bound }));

    public async Task DisposeAsync()
    {
        await service.DisposeAsync();
        temp.Dispose();
    }

    [Theory]
    [InlineData(64L << 20)]
    [InlineData(64L << 10)]
    [InlineData(null)]
    public async Task Leasing_until_a_batch_is_empty_takes_all_records_of_a_reopened_directory(long? bound)
    {
        await OfferAsync();
        await service.DisposeAsync();
        Open(bound);

        Assert.Equal(1, await service.GetStageUtilizationAsync(Pipeline, Stage));
        Assert.Equal(2 * Count, await TakeUntilEmptyAsync());
        Assert.Equal(0, await service.GetStageUtilizationAsync(Pipeline, Stage));
    }

    [Fact]
    public async Task Leasing_until_a_batch_is_empty_takes_all_records_that_were_let_go_of_memory()
    {
        await service.DisposeAsync();
        Open(bound: 64 << 10);
        await OfferAsync();

        Assert.Equal(2 * Count, await TakeUntilEmptyAsync());
    }

    [Fact]
    public async Task Several_consumers_that_end_with_an_empty_batch_take_all_records()
    {
        await OfferAsync();
        await service.DisposeAsync();
        Open();

        var taken = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(TakeUntilEmptyAsync)));

        Assert.Equal(2 * Count, taken.Sum());
    }

    [Fact]
    public async Task An_operator_who_asks_why_offers_are_refused_is_told_of_the_records_that_are_not_loaded_yet()
    {
        await OfferAsync();
        await service.DisposeAsync();
        Open();

        var before = await new InspectionCore(service).RunAsync($"why {Pipeline} a");
        await TakeUntilEmptyAsync();
        var after = await new InspectionCore(service).RunAsync($"why {Pipeline} a");

        Assert.Contains("backlog of source a", before.Text, StringComparison.Ordinal);
        Assert.Contains(
            "of the source's 5,000): offers to their stages are refused as SourceFull until they are loaded, as consumers make room.",
            before.Text,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("backlog", after.Text, StringComparison.Ordinal);
    }

    async Task OfferAsync()
    {
        foreach (var source in Sources)
        {
            var records = Enumerable.Range(0, Count).Select(n => new ConveyorRecord($"{source}{n}", new byte[100]));
            var result = await service.BufferBatchForStageAsync(
                Pipeline,
                Stage,
                source,
                records.ToArray(),
                AckLevel.Persisted
            );
            Assert.Equal(Count, result.Accepted);
        }
    }

    async Task<int> TakeUntilEmptyAsync()
    {
        var taken = 0;
        while (await service.GetBatchAsync(Pipeline, Stage, new BatchRequest(1_000)) is { Count: > 0 } lease)
        {
            taken += lease.Count;
            Assert.True((await service.CompleteAsync(Pipeline, Stage, lease.Id)).IsOk);
        }
        return taken;
    }
}
