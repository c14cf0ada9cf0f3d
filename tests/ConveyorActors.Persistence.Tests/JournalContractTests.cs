using ConveyorActors.Actors.Settings;
using ConveyorActors.Persistence.Tests.Journals;
using ConveyorActors.Testing.Contracts;

namespace ConveyorActors.Persistence.Tests;

/// <summary>
/// Pipelines whose records are in a journal keep the contract that every implementation keeps, and everything is there
/// again when they are opened anew.
/// </summary>
public sealed class JournalContractTests(JournalOfAll journal) : BufferServiceContract, IClassFixture<JournalOfAll>
{
    // It starts again with its records: A_stopped_pipeline_reopens_with_its_records_when_it_is_configured.
    protected override bool StartsAgain => false;

    protected override ValueTask<IBufferService> CreateAsync(TimeProvider clock) =>
        new(ReopenedAtTheEnd.Over(journal.Storage, clock));
}

/// <summary>One journal for all tests of the contract: each has pipelines of its own.</summary>
public sealed class JournalOfAll : IAsyncLifetime
{
    readonly SqliteDatabase database = new();
    JournalNode node = null!;

    internal JournalStorage Storage { get; private set; } = null!;

    public Task InitializeAsync()
    {
        node = new JournalNode(database);
        // Snapshots after next to nothing, so that they are in what is read back.
        Storage = new(
            (ExtendedActorSystem)node.System,
            node.Conveyor.Settings.Journal with
            {
                SnapshotAfter = 4_096,
            },
            TimeProvider.System
        );
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        database.Dispose();
    }
}
