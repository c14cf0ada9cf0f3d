using Akka.Actor.Setup;
using ConveyorActors.Contracts;
using ConveyorActors.Persistence.Tests.Journals;

namespace ConveyorActors.Persistence.Tests;

/// <summary>The port over actors whose records are in a journal keeps the contract that every implementation keeps.</summary>
public sealed class JournaledBufferServiceContractTests(SqliteDatabaseOfAll database) : BufferServiceContract, IClassFixture<SqliteDatabaseOfAll>, IDisposable
{
    JournalNode? node;

    protected override ValueTask<IBufferService> CreateAsync(TimeProvider clock)
    {
        node = new JournalNode(database.Database, clock: clock);
        return new(node.Buffers);
    }

    protected override int MostSignalsSeenLate => 1 + 2 * 401; // all there are: messages may still be on their way

    public void Dispose() => node?.System.Terminate().Wait(TimeSpan.FromSeconds(20));
}

/// <summary>One database for all tests of the contract: each has pipelines of its own.</summary>
public sealed class SqliteDatabaseOfAll : IDisposable
{
    public SqliteDatabase Database { get; } = new();

    public void Dispose() => Database.Dispose();
}
