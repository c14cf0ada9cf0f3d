using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Sql.Journal;

namespace ConveyorActors.Persistence.Tests.Journals;

/// <summary>
/// A journal in SQL whose writes fail when a test says so, before or after they have been written, or that is out of
/// reach.
/// </summary>
public sealed class FailingJournal(Config config) : SqlWriteJournal(config)
{
    static readonly ConcurrentDictionary<string, Faults> Databases = new(StringComparer.Ordinal);

    readonly Faults faults = FaultsOf(config.GetString("connection-string"));

    /// <summary>What is wrong with the journal in one database.</summary>
    sealed class Faults
    {
        public int Left;

        public bool AfterWriting;

        public volatile Outage Outage;
    }

    /// <summary>How a journal is out of reach.</summary>
    public enum Outage
    {
        None,
        Refuses,
        NeverReplies,
    }

    /// <summary>What puts it in the place of the SQL journal.</summary>
    public static string Hocon { get; } =
        "akka.persistence.journal.sql.class = \"ConveyorActors.Persistence.Tests.Journals.FailingJournal, ConveyorActors.Persistence.Tests\"";

    /// <summary>Lets so many writes to a database fail from now on.</summary>
    public static void FailNext(SqliteDatabase database, int writes, bool afterWriting = false)
    {
        var faults = FaultsOf(database.Connection);
        faults.AfterWriting = afterWriting;
        Volatile.Write(ref faults.Left, writes);
    }

    /// <summary>Takes the journal out of reach, or back.</summary>
    public static void SetOutage(SqliteDatabase database, Outage outage) =>
        FaultsOf(database.Connection).Outage = outage;

    static Faults FaultsOf(string connection) => Databases.GetOrAdd(connection, static _ => new());

    protected override async Task<IImmutableList<Exception>> WriteMessagesAsync(
        IEnumerable<AtomicWrite> messages,
        CancellationToken cancellationToken
    )
    {
        await ReachAsync();
        var fails = Volatile.Read(ref faults.Left) > 0 && Interlocked.Decrement(ref faults.Left) >= 0;
        if (fails && !faults.AfterWriting)
            throw new InvalidOperationException(
                "UNIQUE constraint failed: journal.persistence_id, journal.sequence_number (a neighbour's)"
            );
        var written = await base.WriteMessagesAsync(messages, cancellationToken);
        return fails ? throw new TimeoutException("the connection was lost before the reply came") : written;
    }

    public override async Task<long> ReadHighestSequenceNrAsync(
        string persistenceId,
        long fromSequenceNr,
        CancellationToken cancellationToken
    )
    {
        await ReachAsync();
        return await base.ReadHighestSequenceNrAsync(persistenceId, fromSequenceNr, cancellationToken);
    }

    // A call to a journal that never replies does not end when the journal is back: its connection is lost.
    Task ReachAsync() =>
        faults.Outage switch
        {
            Outage.Refuses => throw new InvalidOperationException("connection refused"),
            Outage.NeverReplies => Task.Delay(Timeout.Infinite),
            _ => Task.CompletedTask,
        };
}
