using ConveyorActors.Buffers.Tests.Stores;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>A store that is behind until a test lets it catch up.</summary>
sealed class SlowStore : ListingStore
{
    readonly TaskCompletionSource caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly SemaphoreSlim asked = new(0);

    public void CatchUp()
    {
        IsBehind = false;
        caughtUp.SetResult();
    }

    /// <summary>Completes when a number of offers wait for the store.</summary>
    public async Task WaitForOffers(int count)
    {
        for (var i = 0; i < count; i++)
            await asked.WaitAsync();
    }

    public override Task CatchUpAsync()
    {
        asked.Release();
        return caughtUp.Task;
    }
}
