using Akka.Configuration;
using ConveyorActors.Actors;
using ConveyorActors.Persistence.Tests.Journals;
using Xunit.Abstractions;

namespace ConveyorActors.Persistence.Tests.Outages;

/// <summary>With the settings that are shipped, work goes on within 30 s of the journal's return.</summary>
public sealed class ShippedSettingsTests(ITestOutputHelper output) : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    readonly SqliteDatabase database = new();

    [Theory]
    [InlineData(FailingJournal.Outage.Refuses)]
    [InlineData(FailingJournal.Outage.NeverReplies)]
    public async Task Work_continues_when_the_journal_is_back(FailingJournal.Outage outage)
    {
        await using var node = JournalNode.WithShippedSettings($"{database.Hocon}\n{FailingJournal.Hocon}");
        Assert.True((await OfferAsync(node, 0)).IsAccepted);
        FailingJournal.SetOutage(database, outage);
        // The first one is in the buffer and not acknowledged; once the failure is known, nothing is accepted.
        for (var number = 1; (await OfferAsync(node, number)) is { Consumed: > 0 } late; number++)
            Assert.Equal(OfferStatus.StoreFailing, late.Status);
        FailingJournal.SetOutage(database, FailingJournal.Outage.None);
        var began = TimeProvider.System.GetTimestamp();
        while (!(await OfferAsync(node, 100)).IsAccepted)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "offers are still refused");
            await Task.Delay(20);
        }
        output.WriteLine(
            $"{outage}: accepted again after {TimeProvider.System.GetElapsedTime(began).TotalSeconds:F1} s"
        );
        var ids = (await node.Buffers.PeekAsync("p", "s", 100).AsTask().WaitAsync(Patience))
            .Select(r => r.Record.Id)
            .ToList();
        Assert.Equal(("r0", "r100"), (ids[0], ids[^1]));
    }

    [Fact]
    public async Task All_waits_that_an_outage_can_leave_behind_add_up_to_less_than_30_s()
    {
        await using var node = JournalNode.WithShippedSettings(database.Hocon);
        var config = node.System.Settings.Config;
        var breaker =
            Time("journal.sql.circuit-breaker.call-timeout") + Time("journal.sql.circuit-breaker.reset-timeout");
        var snapshots = Time("snapshot-store.sql.circuit-breaker.reset-timeout");
        var retry = node.Conveyor.Settings.Journal.Retry.Max;
        // A write that hangs; or a recovery that hangs, on the journal or on the snapshots. Then the wait before the
        // next attempt, which finds the breakers closed.
        Assert.True(breaker + retry < TimeSpan.FromSeconds(30));
        Assert.True(Time("journal.sql.recovery-event-timeout") + snapshots + retry < TimeSpan.FromSeconds(30));

        TimeSpan Time(string key) => config.GetTimeSpan($"akka.persistence.{key}");
    }

    static Task<OfferResult> OfferAsync(JournalNode node, int number) =>
        node
            .Buffers.BufferForStageAsync(
                "p",
                "s",
                "a",
                new ConveyorRecord($"r{number}", new byte[10]),
                AckLevel.Persisted
            )
            .AsTask()
            .WaitAsync(Patience);

    public void Dispose() => database.Dispose();
}
