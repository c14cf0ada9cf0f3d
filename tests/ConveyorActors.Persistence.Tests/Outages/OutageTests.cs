using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.TestKit;
using ConveyorActors.Persistence.Tests.Journals;

namespace ConveyorActors.Persistence.Tests.Outages;

/// <summary>
/// A journal that is slow, full, gone, or answers out of time: refusals with the reason, nothing acknowledged lost, and
/// work goes on when it is back.
/// </summary>
public sealed class OutageTests : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    JournalNode node = null!;
    ITestJournal journal = null!;
    IBufferService pipeline = null!;

    public Task InitializeAsync() => StartAsync("300 ms");

    /// <summary>Starts anew with a pipeline that a slow write alone does not make refuse.</summary>
    async Task StartPatientlyAsync()
    {
        await DisposeAsync();
        await StartAsync("60 s");
    }

    async Task StartAsync(string refuseAfter)
    {
        node = new JournalNode($"{Config}\nconveyor.journal.refuse-after = {refuseAfter}");
        journal = TestJournal.FromRef(
            Akka.Persistence.Persistence.Instance.Apply(node.System).JournalFor("akka.persistence.journal.test")
        );
        pipeline = await node.Storage(s => s with { MaxUnwrittenBytes = 64 << 10 }).OpenedAsync("p");
    }

    const string Config = """
        akka.persistence.journal.plugin = "akka.persistence.journal.test"
        akka.persistence.journal.test { class = "Akka.Persistence.TestKit.TestJournal, Akka.Persistence.TestKit", plugin-dispatcher = "akka.actor.default-dispatcher", circuit-breaker.reset-timeout = 100 ms }
        akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
        """;

    [Fact]
    public async Task A_slow_journal_acknowledges_late_and_loses_nothing()
    {
        await StartPatientlyAsync();
        await journal.OnWrite.PassWithDelay(TimeSpan.FromMilliseconds(50));
        var offers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => OfferAsync(i)));
        Assert.All(offers, o => Assert.Equal(OfferStatus.Accepted, o.Status));
        await AssertThereAsync(50);
    }

    [Fact]
    public async Task Unwritten_data_is_bounded_and_offers_wait_for_it()
    {
        await StartPatientlyAsync();
        await journal.OnWrite.PassWithDelay(TimeSpan.FromMilliseconds(200));
        var offers = Enumerable
            .Range(0, 60)
            .Select(i =>
                pipeline.BufferForStageAsync("p", "s", "a", new ConveyorRecord($"r{i}", new byte[4_000])).AsTask()
            )
            .ToList();
        // 64 KiB are 16 of them, and one that was let in before the bound was reached.
        Assert.InRange(offers.Count(o => o.IsCompleted), 1, 18);
        var all = await Task.WhenAll(offers).WaitAsync(Patience);
        Assert.All(all, o => Assert.Equal(OfferStatus.Accepted, o.Status));
        Assert.True(await pipeline.FlushAsync("p").AsTask().WaitAsync(Patience));
        await AssertThereAsync(60);
    }

    [Fact]
    public async Task A_full_journal_refuses_with_its_reason_and_continues_when_there_is_room()
    {
        Assert.True((await OfferAsync(0)).IsAccepted);
        await journal.OnWrite.Fail();
        await EventuallyRefusedAsync(1);
        // Refused offers are not kept, and Buffered ones are refused as well.
        var buffered = await pipeline.BufferForStageAsync("p", "s", "a", Make(50)).AsTask().WaitAsync(Patience);
        Assert.Equal((OfferStatus.StoreFailing, 0), (buffered.Status, buffered.Consumed));
        await journal.OnWrite.Pass();
        await EventuallyAcceptedAsync(100);
    }

    [Fact]
    public async Task A_journal_that_refuses_an_event_is_named_and_loses_nothing()
    {
        await journal.OnWrite.Reject();
        await EventuallyRefusedAsync(0);
        await journal.OnWrite.Pass();
        await EventuallyAcceptedAsync(100);
    }

    [Fact]
    public async Task An_unavailable_journal_is_retried_until_it_is_back()
    {
        Assert.True((await OfferAsync(0)).IsAccepted);
        await journal.OnWrite.Fail();
        await journal.OnRecovery.Fail();
        await EventuallyRefusedAsync(1);
        await journal.OnRecovery.Pass();
        await journal.OnWrite.Pass();
        await EventuallyAcceptedAsync(100);
        Assert.Contains("r0", await IdsAsync());
    }

    [Fact]
    public async Task A_journal_that_replies_late_refuses_meanwhile_and_its_writes_count()
    {
        await journal.OnWrite.PassWithDelay(TimeSpan.FromSeconds(1.5));
        var late = await OfferAsync(0);
        // in the buffer, not yet acknowledged as written
        Assert.Equal((OfferStatus.StoreFailing, 1), (late.Status, late.Accepted));
        Assert.Equal((true, false), (late.IsUnwritten, late.CanRetry));
        var refused = await OfferAsync(1);
        Assert.Equal((OfferStatus.StoreFailing, 0), (refused.Status, refused.Consumed));
        await journal.OnWrite.Pass();
        await EventuallyAcceptedAsync(2);
        Assert.Equal("r0", (await IdsAsync())[0]);
    }

    [Fact]
    public async Task A_pipeline_that_cannot_be_opened_reports_why_and_is_opened_later()
    {
        await using (var before = await node.Storage().OpenedAsync("other"))
            Assert.True((await before.BufferForStageAsync("other", "s", "a", Make(0), AckLevel.Persisted)).IsAccepted);
        await journal.OnRecovery.Fail();
        await using var other = node.Storage().Open("other");
        var refused = await Assert.ThrowsAsync<Buffers.Stores.StoreException>(() =>
            other.GetSnapshotAsync("other").AsTask().WaitAsync(Patience)
        );
        Assert.Contains(
            "Pipeline 'other' cannot be opened now: the journal could not be read",
            refused.Message,
            StringComparison.Ordinal
        );
        var offered = await other.BufferForStageAsync("other", "s", "a", Make(0)).AsTask().WaitAsync(Patience);
        Assert.Equal((OfferStatus.StoreFailing, 0), (offered.Status, offered.Consumed));
        await journal.OnRecovery.Pass();
        await EventuallyAcceptedAsync(1, other, "other");
    }

    [Fact]
    public async Task A_stop_without_the_journal_ends_and_reports_unwritten_records()
    {
        await journal.OnWrite.Fail();
        await EventuallyRefusedAsync(0);
        var report = await pipeline.StopAsync("p", TimeSpan.Zero).AsTask().WaitAsync(Patience);
        Assert.False(report.IsDurable);
        await pipeline.DisposeAsync().AsTask().WaitAsync(Patience);
    }

    Task<OfferResult> OfferAsync(int number) =>
        pipeline.BufferForStageAsync("p", "s", "a", Make(number), AckLevel.Persisted).AsTask().WaitAsync(Patience);

    async Task EventuallyRefusedAsync(int number)
    {
        for (var i = 0; ; i++)
        {
            Assert.True(i < 1_000, "offers are still accepted");
            var offered = await OfferAsync(number);
            Assert.NotEqual(OfferStatus.Accepted, offered.Status);
            if (offered.Consumed == 0)
                return;
        }
    }

    async Task EventuallyAcceptedAsync(int number, IBufferService? at = null, string name = "p")
    {
        var began = TimeProvider.System.GetTimestamp();
        while (
            !(
                await (at ?? pipeline)
                    .BufferForStageAsync(name, "s", "a", Make(number), AckLevel.Persisted)
                    .AsTask()
                    .WaitAsync(Patience)
            ).IsAccepted
        )
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "offers are still refused");
            await Task.Delay(10);
        }
    }

    async Task<IReadOnlyList<string>> IdsAsync() =>
        [.. (await pipeline.PeekAsync("p", "s", int.MaxValue)).Select(r => r.Record.Id)];

    /// <summary>Hands the pipeline over and opens it again: what counts is what the journal has.</summary>
    async Task AssertThereAsync(int count)
    {
        await pipeline.DisposeAsync();
        pipeline = await node.Storage().OpenedAsync("p");
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"r{i}"), await IdsAsync());
    }

    static ConveyorRecord Make(int number) => new($"r{number}", new byte[10]);

    public async Task DisposeAsync()
    {
        await pipeline.DisposeAsync();
        await node.System.Terminate();
    }
}
