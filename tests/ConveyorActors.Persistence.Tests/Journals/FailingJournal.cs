using System.Collections.Immutable;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Sql.Journal;

namespace ConveyorActors.Persistence.Tests.Journals;

/// <summary>A journal in SQL whose writes fail when a test says so, before or after they have been written.</summary>
public sealed class FailingJournal(Config config) : SqlWriteJournal(config)
{
    static int left;
    static bool afterWriting;

    /// <summary>What puts it in the place of the SQL journal.</summary>
    public static string Hocon { get; } = "akka.persistence.journal.sql.class = \"ConveyorActors.Persistence.Tests.Journals.FailingJournal, ConveyorActors.Persistence.Tests\"";

    /// <summary>Lets so many writes fail from now on.</summary>
    public static void FailNext(int writes, bool afterWriting = false)
    {
        FailingJournal.afterWriting = afterWriting;
        Volatile.Write(ref left, writes);
    }

    protected override async Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellation)
    {
        var fails = Interlocked.Decrement(ref left) >= 0;
        if (fails && !afterWriting) throw new InvalidOperationException("UNIQUE constraint failed: journal.persistence_id, journal.sequence_number (a neighbour's)");
        var written = await base.WriteMessagesAsync(messages, cancellation);
        return fails ? throw new TimeoutException("the connection was lost before the reply came") : written;
    }
}
