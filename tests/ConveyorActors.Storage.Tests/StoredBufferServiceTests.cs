using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing.Contracts;

namespace ConveyorActors.Storage.Tests;

/// <summary>
/// The buffers of this process keep the contract when their records are on disk, and everything is there again when the
/// directory is opened anew.
/// </summary>
public sealed class StoredBufferServiceTests : BufferServiceContract, IDisposable
{
    // The records of a pipeline that was stopped are in its store, for the next process.
    protected override bool StartsAgain => false;

    readonly TempDirectory directory = new();

    protected override ValueTask<IBufferService> CreateAsync(TimeProvider clock) =>
        new(ReopenedAtTheEnd.Over(directory.Path, clock));

    public void Dispose() => directory.Dispose();
}
