using ConveyorActors.Persistence.Tests.Journals;

namespace ConveyorActors.Persistence.Tests;

public sealed class JournalIdentityTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Processes_that_read_at_the_same_time_get_the_same_identity_of_a_journal()
    {
        using var database = new SqliteDatabase();
        await using var one = new JournalNode(database);
        await using var two = new JournalNode(database);
        var read = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => IdentityAsync(i % 2 == 0 ? one : two)))
            .WaitAsync(Patience);
        Assert.Single(read.Distinct());
        Assert.Equal(1, database.Query("select count(*) from journal"));
    }

    [Fact]
    public async Task Another_journal_has_another_identity()
    {
        using var first = new SqliteDatabase();
        using var second = new SqliteDatabase();
        await using var one = new JournalNode(first);
        await using var two = new JournalNode(second);
        Assert.NotEqual(await IdentityAsync(one).WaitAsync(Patience), await IdentityAsync(two).WaitAsync(Patience));
    }

    [Fact]
    public async Task Another_prefix_in_the_same_database_is_another_journal()
    {
        using var database = new SqliteDatabase();
        await using var one = new JournalNode(database);
        await using var two = new JournalNode(database, "conveyor.journal.id-prefix = other-");
        Assert.NotEqual(await IdentityAsync(one).WaitAsync(Patience), await IdentityAsync(two).WaitAsync(Patience));
    }

    [Fact]
    public async Task Reading_the_identity_of_an_unavailable_journal_can_be_cancelled()
    {
        using var database = new SqliteDatabase();
        await using var node = new JournalNode(
            database,
            "akka.persistence.journal.sql.connection-string = \"Data Source=/dev/null/no.db\""
        );
        using var cancel = new CancellationTokenSource();
        var reading = JournalIdentity.ReadAsync(node.System, node.Conveyor.Settings.Journal, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(Patience));
    }

    static Task<Guid> IdentityAsync(JournalNode node) =>
        JournalIdentity.ReadAsync(node.System, node.Conveyor.Settings.Journal);
}
