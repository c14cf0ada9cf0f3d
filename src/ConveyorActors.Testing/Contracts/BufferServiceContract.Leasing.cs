using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Delivery: leasing records and waiting for them.</summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task A_lease_has_up_to_as_many_records_as_asked_for_an_id_and_a_deadline()
    {
        await Configure(new() { Stage = new() { LeaseTimeout = Seconds(7) } });
        await Fill(5);
        Clock.Advance(Seconds(1));
        var batch = await Lease(3);
        Assert.Equal((3, Stage, Clock.Start + Seconds(8)), (batch.Count, batch.Stage, batch.Deadline));
        Assert.NotEqual(0, batch.Id);
        await Complete(batch);
        var next = await Lease(3, timeout: Seconds(2));
        Assert.Equal((2, Clock.Start + Seconds(3)), (next.Count, next.Deadline));
        Assert.NotEqual(batch.Id, next.Id);
    }

    [Fact]
    public async Task The_runs_and_bare_records_of_a_batch_are_its_records()
    {
        await Fill(3, source: "a", prefix: "a");
        Clock.Advance(Seconds(1));
        await Fill(2, source: "a", prefix: "later");
        await Fill(2, source: "b", prefix: "b");
        var batch = await Lease(10);

        var bare = batch.GetBareRecords().ToArray();
        var described = batch
            .GetRuns()
            .SelectMany(run =>
                Enumerable
                    .Range(0, run.Count)
                    .Select(i => run.First with { Record = bare[run.Start + i], Sequence = run.First.Sequence + i })
            );

        Assert.Equal(7, batch.Count);
        Assert.Equal(batch.Records.Select(r => r.Record), bare);
        Assert.Equal(batch.Records, described);
    }

    [Fact]
    public async Task A_lease_lasts_30_seconds_by_default()
    {
        await Fill(1);
        Assert.Equal(Clock.Start + Seconds(30), (await Lease()).Deadline);
    }

    [Fact]
    public async Task A_stage_without_records_answers_an_empty_batch_at_once()
    {
        var batch = await Lease(10, "nothing-there");
        Assert.Equal((0L, 0), (batch.Id, batch.Count));
        Assert.Equal(SettleStatus.UnknownLease, (await Complete(batch)).Status);
    }

    [Fact]
    public async Task Leasing_an_enormous_number_of_records_gives_what_there_is()
    {
        await Fill(3);
        Assert.Equal("r1 r2 r3", Ids(await Lease(int.MaxValue)));
    }

    [Fact]
    public async Task A_waiting_consumer_is_given_the_record_that_comes()
    {
        var lease = await WaitingLease();
        await Offer("r1");
        Assert.Equal("r1", Ids(await lease));
    }

    [Fact]
    public async Task A_consumer_that_waits_where_there_are_records_is_given_them_at_once()
    {
        await Fill(2);
        Assert.Equal(
            "r1 r2",
            Ids(await Within(Service.GetBatchAsync(Pipeline, Stage, new BatchRequest(10) { Wait = true })))
        );
    }

    [Fact]
    public async Task Waiting_consumers_are_served_in_the_order_they_came()
    {
        await Configure(new() { Stage = new() { LeaseOrder = LeaseOrder.Shared } });
        var (first, second) = (await WaitingLease(1), await WaitingLease(1));
        await Offer("r1");
        Assert.Equal("r1", Ids(await first));
        Assert.False(second.IsCompleted);
        await Offer("r2");
        Assert.Equal("r2", Ids(await second));
    }

    [Fact]
    public async Task A_waiting_consumer_is_woken_when_its_source_is_free_again()
    {
        await Fill(2);
        var held = await Lease(1);
        var lease = await WaitingLease();
        await Complete(held);
        Assert.Equal("r2", Ids(await lease));
    }

    [Fact]
    public async Task A_waiting_consumer_is_woken_by_a_return()
    {
        await Configure(new() { Stage = Eager });
        await Fill(1);
        var held = await Lease();
        var lease = await WaitingLease();
        await Return(held);
        Assert.Equal("r1", Ids(await lease));
    }

    [Fact]
    public async Task A_cancelled_consumer_takes_nothing_with_it()
    {
        using var cancel = new CancellationTokenSource();
        var lease = await WaitingLease(cancellationToken: cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lease);
        await Fill(3);
        Assert.Equal("r1 r2 r3", Ids(await Lease()));
        Assert.Equal(0, (await StageNow()).WaitingConsumers);
    }

    [Fact]
    public async Task No_record_is_lost_when_consumers_are_cancelled_while_records_come()
    {
        const int rounds = 300;
        await Configure(new() { Stage = new() { LeaseOrder = LeaseOrder.Shared } });
        var taken = 0;
        for (var i = 0; i < rounds; i++)
        {
            using var cancel = new CancellationTokenSource();
            var lease = Service
                .GetBatchAsync(Pipeline, Stage, new BatchRequest(10) { Wait = true }, cancel.Token)
                .AsTask();
            using var start = new Barrier(2);
            var offering = Task.Run(async () =>
            {
                start.SignalAndWait(MaxWait);
                await Offer($"r{i}");
            });
            await Task.Run(() =>
            {
                start.SignalAndWait(MaxWait);
                cancel.Cancel();
            });
            await Within(offering);
            try
            {
                taken += (await Complete(await Within(lease))).Settled;
            }
            catch (OperationCanceledException)
            {
                // The record must still be in the stage.
                Assert.Single(await Within(Service.PeekAsync(Pipeline, Stage, 10)));
            }

            taken += (await Drain()).Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        }

        Assert.Equal(rounds, taken);
        await AssertConserved();
    }

    [Fact]
    public async Task Peeking_shows_what_waits_and_takes_nothing()
    {
        await Fill(3, source: "a", prefix: "a");
        await Fill(2, source: "b", prefix: "b");
        var peeked = await Within(Service.PeekAsync(Pipeline, Stage, 4));
        Assert.Equal(4, peeked.Count);
        Assert.StartsWith("a1 a2 a3", Ids(peeked.OrderBy(r => r.SourceId)), StringComparison.Ordinal);
        Assert.Equal((5, 0), ((await Total()).Buffered, (await Total()).InFlight));
        Assert.Equal(5, (await Lease()).Count);
        Assert.Empty(await Within(Service.PeekAsync(Pipeline, Stage, 4)));
    }
}
