using System.Collections.Concurrent;
using Akka.Event;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Buffers.Inspection;
using ConveyorActors.Persistence.Tests.Journals;

namespace ConveyorActors.Persistence.Tests.Observing;

/// <summary>What operators see of pipelines whose journal fails, is damaged, or was used before.</summary>
public sealed class InspectionTests : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly SqliteDatabase database = new();

    [Fact]
    public async Task A_pipeline_that_cannot_be_opened_does_not_hide_the_others()
    {
        await using (var before = new JournalNode(database))
            foreach (var name in (string[])["good", "damaged"])
                await OfferAsync(before, name);
        Assert.Equal(
            1,
            database.Execute("delete from journal where persistence_id = 'conveyor-damaged' and sequence_number = 1")
        );
        await using var node = new JournalNode(database);
        await OfferAsync(node, "good");
        await Assert.ThrowsAnyAsync<Exception>(() => OfferAsync(node, "damaged"));
        var core = new InspectionCore(node.Buffers);

        var listed = await core.RunAsync("pipelines").AsTask().WaitAsync(Patience);

        Assert.Equal(1, listed.ExitCode);
        Assert.Matches("\ngood +Running ", listed.Text);
        Assert.Matches("\ndamaged +[^\n]*cannot be opened now: [^\n]+", listed.Text);
        var json = System
            .Text.Json.JsonDocument.Parse((await core.RunAsync("pipelines --json").AsTask().WaitAsync(Patience)).Text)
            .RootElement;
        Assert.Equal("good", json.GetProperty("pipelines")[0].GetProperty("pipeline").GetString());
        Assert.Equal("damaged", json.GetProperty("failures")[0].GetProperty("failedPipeline").GetString());
    }

    [Fact]
    public async Task The_reasons_of_a_hold_include_a_failing_journal()
    {
        await using var node = new JournalNode(database, FailingJournal.Hocon);
        await OfferAsync(node, "p");
        FailingJournal.SetOutage(database, FailingJournal.Outage.Refuses);
        await UntilAsync(async () =>
            (await node.Buffers.BufferForStageAsync("p", "s", "a", new("2", default), AckLevel.Persisted)).Status
            == OfferStatus.StoreFailing
        );
        var core = new InspectionCore(node.Buffers);
        var why = await core.RunAsync("why p a").AsTask().WaitAsync(Patience);
        Assert.Contains(
            "The store cannot write now: all offers are refused as StoreFailing until it can.",
            why.Text,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("Nothing holds it", why.Text, StringComparison.Ordinal);
        FailingJournal.SetOutage(database, FailingJournal.Outage.None);
        await UntilAsync(async () =>
            (await core.RunAsync("why p a")).Text.Contains("Nothing holds it.", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Events_from_before_a_pipeline_was_opened_are_not_logged_again()
    {
        const string small = "conveyor.pipelines.p { max-per-stage = 1 }\nakka.loglevel = WARNING";
        await using (var before = new JournalNode(database, small))
            await RefuseAsync(before, "p", "1", "2", "3");
        await using var node = new JournalNode(database, small);
        var log = new ConcurrentQueue<string>();
        node.System.EventStream.Subscribe(
            node.System.ActorOf(Props.Create(() => new Listener(log))),
            typeof(Akka.Event.Warning)
        );
        // The one that waits is known again, and one more is refused.
        Assert.Equal(3, (await node.Buffers.GetSnapshotAsync("p")).Total.Offered);
        await RefuseAsync(node, "p", "4");
        await UntilAsync(() => Task.FromResult(log.Any(IsRefusal)));
        Assert.Contains(
            "refused 1 records since it was last logged (StageFull); 1 are pending",
            Assert.Single(log, IsRefusal),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_journal_that_stays_damaged_is_logged_once_with_its_reason()
    {
        const string stays = "stays-damaged";
        await using (var before = new JournalNode(database))
            await OfferAsync(before, stays);
        Assert.Equal(1, database.Execute("delete from journal where sequence_number = 1"));
        await using var node = new JournalNode(database, "akka.loglevel = WARNING");
        var log = new ConcurrentQueue<string>();
        node.System.EventStream.Subscribe(node.System.ActorOf(Props.Create(() => new Listener(log))), typeof(Warning));
        using var measured = new Measured(
            "conveyor.journal.failures",
            tags => tags.GetValueOrDefault("pipeline") == stays
        );
        await Assert.ThrowsAnyAsync<Exception>(() => OfferAsync(node, stays));
        await UntilAsync(() => Task.FromResult(measured.Now().Values.Sum() >= 5)); // several attempts later
        Assert.EndsWith(
            "The journal is tried again.",
            Assert.Single(log, entry => entry.Contains("journal", StringComparison.OrdinalIgnoreCase)),
            StringComparison.Ordinal
        );
    }

    static bool IsRefusal(string entry) =>
        entry.Contains($"[{ConveyorEvents.RecordsRefused}]", StringComparison.Ordinal);

    sealed class Listener(ConcurrentQueue<string> log) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is LogEvent logged)
                log.Enqueue($"{logged.Message}");
        }
    }

    static async Task OfferAsync(JournalNode node, string pipeline) =>
        Assert.True(
            (
                await node
                    .Buffers.BufferForStageAsync(pipeline, "s", "a", new("1", default), AckLevel.Persisted)
                    .AsTask()
                    .WaitAsync(Patience)
            ).IsAccepted
        );

    /// <summary>Offers records without waiting for room, and waits until the journal has what became of them.</summary>
    static async Task RefuseAsync(JournalNode node, string pipeline, params string[] ids)
    {
        foreach (var id in ids)
            await node.Buffers.BufferForStageAsync(pipeline, "s", "a", new(id, default)).AsTask().WaitAsync(Patience);
        Assert.True(await node.Buffers.FlushAsync(pipeline).AsTask().WaitAsync(Patience));
    }

    static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await condition())
            await Task.Delay(20, patience.Token);
    }

    public void Dispose() => database.Dispose();
}
