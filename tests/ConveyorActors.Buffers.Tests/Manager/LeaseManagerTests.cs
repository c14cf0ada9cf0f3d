using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Tests.Manager;

public sealed class LeaseManagerTests
{
    readonly BufferManager<int> manager = new();

    [Fact]
    public async Task A_request_that_does_not_wait_returns_an_empty_lease_at_once()
    {
        var leasing = manager.GetBatchAsync("parse", new BatchRequest(1));
        Assert.True(leasing.IsCompletedSuccessfully);
        Assert.Empty(await leasing);
        manager.BufferForStage("parse", "web", 7);
        Assert.Equal(7, (await manager.GetBatchAsync("parse", new BatchRequest(1))).GetRecord(0));
    }

    [Fact]
    public async Task A_request_that_waits_returns_the_next_record()
    {
        var leasing = manager.GetBatchAsync("parse", new BatchRequest(1) { Wait = true });
        var other = manager.GetBatchAsync("parse", 1);
        Assert.False(leasing.IsCompleted);
        Assert.False(other.IsCompleted);
        manager.BufferForStage("parse", "web", 7);
        manager.BufferForStage("parse", "mobile", 8); // of another source: one lease at a time has records of a source
        Lease<int>[] leases =
        [
            await leasing.AsTask().WaitAsync(TimeSpan.FromSeconds(30)),
            await other.AsTask().WaitAsync(TimeSpan.FromSeconds(30)),
        ];
        Assert.Equal([7, 8], leases.Select(l => l.GetRecord(0)).Order());
    }

    [Fact]
    public async Task A_request_that_does_not_wait_may_be_cancelled_before()
    {
        manager.BufferForStage("parse", "web", 7);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await manager.GetBatchAsync("parse", new BatchRequest(1), new(canceled: true))
        );
        Assert.Single(manager.GetBatch("parse", 1));
    }
}
