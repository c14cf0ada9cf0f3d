using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Delivery: hops whose results exceed the room, and move in parts.</summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task A_hop_that_does_not_wait_is_answered_once_its_inputs_are_settled()
    {
        await Configure(new() { MaxTotalRecords = 2 });
        await Fill(1);
        var batch = await Lease(1);
        var answer = await Within(Service.StartHopAsync(Pipeline, Stage, batch.Id, null, "enrich", MakeMany("x", 5)));
        Assert.Equal(new SettleResult(SettleStatus.Ok, 1, 0, 3), answer);
        var over = "";
        while (await Drain(1, "enrich") is { Length: > 0 } next)
            over += next;
        Assert.Equal("x1x2x3x4x5", over);
        Assert.Equal(
            SettleStatus.UnknownLease,
            (await Within(Service.StartHopAsync(Pipeline, Stage, batch.Id, null, "enrich", MakeMany("y", 1)))).Status
        );
        Assert.Equal(0, (await AssertConserved()).Total.Pending);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_cycle_of_stages_that_multiplies_its_records_goes_on_where_its_consumers_do_not_wait(int limit)
    {
        await Configure(new() { MaxTotalRecords = limit });
        await Offer("r", "a");
        var done = 0;
        using var end = new CancellationTokenSource();
        var workers = new[] { Work("a", "b"), Work("b", "a") };
        await Eventually(GetSnapshot, s => s.Total.Pending == 0);
        await end.CancelAsync();
        await Within(Task.WhenAll(workers));
        Assert.Equal(8, done); // three generations of two for each

        async Task Work(string from, string to)
        {
            try
            {
                while (true)
                {
                    var batch = await Service.GetBatchAsync(
                        Pipeline,
                        from,
                        new BatchRequest(1) { OneSource = true, Wait = true },
                        end.Token
                    );
                    var id = batch.Records[0].Record.Id;
                    if (id.Length < 4)
                        await Service.StartHopAsync(
                            Pipeline,
                            from,
                            batch.Id,
                            null,
                            to,
                            new[] { Make(id + "x"), Make(id + "y") }
                        );
                    else
                        Interlocked.Add(ref done, (await Complete(batch)).Settled);
                }
            }
            catch (OperationCanceledException)
            {
                // All records are completed.
            }
        }
    }

    [Fact]
    public async Task Results_that_are_more_than_the_room_go_over_in_parts_and_in_order()
    {
        await Configure(new() { MaxTotalRecords = 2, Stage = Eager });
        await Fill(2);
        var hop = await WaitingHop(await Lease(), "enrich", 3, MakeMany("x", 5));
        var snapshot = await AssertConserved();
        Assert.Equal((2, 3, 5), (snapshot.Total.Buffered, snapshot.Total.Hopping, snapshot.Total.Pending));
        Assert.Equal(2, snapshot.Stages.Single(s => s.Stage == Stage).Level.Completed);

        Assert.Equal("x1", Ids(await CompleteNext(1, "enrich")));
        Assert.Equal("x2 x3", Ids(await CompleteNext(2, "enrich")));
        var answer = await hop;
        Assert.Equal((SettleStatus.Ok, 2, 0), (answer.Status, answer.Settled, answer.Waiting));
        Assert.Equal("x4 x5", Ids(await CompleteNext(2, "enrich")));
        Assert.Equal((7, 7, 0), await AssertedFlow());

        async Task<(long offered, long Completed, long Pending)> AssertedFlow()
        {
            var total = (await AssertConserved()).Total;
            return (total.Offered, total.Completed, total.Pending);
        }
    }

    [Fact]
    public async Task Results_wait_for_a_target_stage_that_is_full_and_keep_their_room_in_source_and_manager()
    {
        await Configure(
            new()
            {
                MaxTotalRecords = 4,
                MaxPerStage = 2,
                Stage = Eager,
            }
        );
        await Fill(2, "enrich", "other", "o");
        await Fill(2);
        var hop = await WaitingHop(await Lease(), "enrich", 2, MakeMany("x", 2));
        Assert.Equal(OfferStatus.GlobalFull, (await Offer("r3", source: "third")).Status);
        var snapshot = await AssertConserved();
        Assert.Equal((4, 2), (snapshot.Total.Used, snapshot.Total.Granted));

        Assert.Equal(2, (await CompleteNext(2, "enrich")).Count);
        await hop;
        Assert.Equal("x1 x2", await Drain(stage: "enrich"));
        await AssertConserved();
    }

    [Fact]
    public async Task While_results_wait_for_room_offers_from_outside_are_refused_the_room_that_becomes_free()
    {
        await Configure(
            new()
            {
                MaxTotalRecords = 2,
                MaxPerSource = 2,
                MaxPerStage = 2,
            }
        );
        await Fill(2, "filter");
        var hop = await WaitingHop(await Lease(), "enrich", 2, MakeMany("x", 4));
        Assert.Equal(OfferStatus.StageFull, (await Offer("outside", "enrich")).Status);
        Assert.Equal(OfferStatus.GlobalFull, (await Offer("outside", "filter", "other")).Status);

        Assert.Equal("x1", Ids(await CompleteNext(1, "enrich")));
        Assert.Equal(OfferStatus.GlobalFull, (await Offer("outside", "filter", "other")).Status);
        Assert.Equal("x2", Ids(await CompleteNext(1, "enrich")));
        await hop;
        Assert.Equal("x3 x4", await Drain(stage: "enrich"));
        Assert.Equal(OfferStatus.Accepted, (await Offer("outside", "filter", "other")).Status);
    }

    [Fact]
    public async Task Results_that_wait_go_in_before_offers_that_wait()
    {
        await Configure(
            new()
            {
                MaxTotalRecords = 2,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );
        await Fill(2, "filter", "a");
        var offer = await WaitingOffer([Make("outside")], "enrich", "b");
        var hop = await WaitingHop(await Lease(stage: "filter"), "enrich", 2, MakeMany("x", 4));
        Assert.Equal("x1 x2", Ids(await CompleteNext(2, "enrich")));
        await hop;
        Assert.False(offer.IsCompleted);
        Assert.Equal("x3 x4", Ids(await CompleteNext(2, "enrich")));
        await offer;
        Assert.Equal("outside", await Drain(stage: "enrich"));
    }

    [Fact]
    public async Task Of_two_hops_that_wait_the_one_into_the_deeper_stage_goes_first()
    {
        await Configure(new() { MaxTotalRecords = 4, Stage = Eager });
        await Fill(1, "filter", "a", "a");
        await Fill(2, "enrich", "b", "b");
        await Fill(1, "filter", "c", "c");

        // This hop makes the order of the stages known: filter, enrich, sink.
        await Hop(await Lease(1, "filter", oneSource: true), "enrich", Make("a2"));
        var first = await Lease(10, "enrich", oneSource: true);
        var (second, results) = (await Lease(10, "enrich", oneSource: true), await Lease(10, "filter"));
        var (a, b) = first.Records[0].SourceId == "a" ? (first, second) : (second, first);
        await Hop(a, "sink", Make("a3"));

        var shallow = await WaitingHop(results, "enrich", 1, Make("c2"), Make("c2-more"));
        var deep = await WaitingHop(b, "sink", 1, MakeMany("b-deep", 3));
        Assert.Equal("a3", Ids(await CompleteOneOf("a", "sink")));
        await deep;
        Assert.False(shallow.IsCompleted);
        await CompleteOneOf("b", "sink");
        await shallow;
        await AssertConserved();

        async Task<LeasedBatch> CompleteOneOf(string source, string stage)
        {
            while (true)
            {
                var batch = await Lease(100, stage, oneSource: true);
                if (batch.Records[0].SourceId == source)
                {
                    await Complete(batch, batch.Records[0].Sequence);
                    await Return(batch, charge: false);
                    return batch;
                }

                await Return(batch, charge: false);
            }
        }
    }

    [Fact]
    public async Task Cancelling_a_hop_ends_the_wait_and_not_the_hop()
    {
        await Configure(new() { MaxTotalRecords = 1 });
        await Fill(1);
        using var cancel = new CancellationTokenSource();
        var batch = await Lease();
        var hop = Service.HopAsync(Pipeline, Stage, batch.Id, null, "enrich", MakeMany("x", 3), cancel.Token).AsTask();
        await Eventually(Total, t => t.Hopping == 2);
        await cancel.CancelAsync();
        try
        {
            // The reply may contain the number of waiting results; an exception is also correct.
            Assert.Equal(new SettleResult(SettleStatus.Ok, 1, Waiting: 2), await Within(hop));
        }
        catch (OperationCanceledException) { }

        for (var i = 1; i <= 3; i++)
            Assert.Equal($"x{i}", Ids(await CompleteNext(1, "enrich")));
        Assert.Equal(0, (await AssertConserved()).Total.Pending);
    }

    [Fact]
    public async Task Each_source_keeps_its_order_across_hops_that_wait()
    {
        await Configure(new() { MaxTotalRecords = 3, MaxPerStage = 3 });
        await Fill(3);
        var first = await WaitingHop(await Lease(1), "enrich", 1, MakeMany("x", 2));

        // The room that the second hop brings along is used by the first hop in line.
        var second = StartHop(await Lease(1), "enrich", MakeMany("y", 2));
        await first;
        Assert.False(second.IsCompleted);
        var seen = new List<string>();
        while (seen.Count < 4)
            seen.Add(Ids(await CompleteNext(1, "enrich")));
        await Within(second);
        Assert.Equal("x1 x2 y1 y2", string.Join(' ', seen));
    }

    [Fact]
    public async Task A_hop_that_has_its_room_is_not_held_up_by_one_that_has_none()
    {
        await Configure(new() { MaxTotalRecords = 3, MaxPerStage = 1 });
        await Fill(1, "filter", "b");
        await Fill(1, "enrich", "a");
        await Fill(1, "other", "c");
        var b = await WaitingHop(await Lease(1, "filter"), "sink", 1, MakeMany("b", 2));
        var a = await WaitingHop(await Lease(1, "enrich"), "sink", 1, Make("a1"));

        // The room of b1 moves to the archive with its result; a1 has its own room.
        await Hop(await Lease(1, "sink"), "archive", Make("b1-archived"));
        await a;
        Assert.False(b.IsCompleted);
        Assert.Equal("a1", await Drain(stage: "sink"));
        await b;
        Assert.Equal("b2", await Drain(stage: "sink"));
    }

    public static TheoryData<int, int, int, int> SmallLimits()
    {
        var data = new TheoryData<int, int, int, int>();
        foreach (var total in new[] { 1, 2, 3 })
        {
            foreach (var stage in new[] { 1, 3 })
            {
                foreach (var source in new[] { 1, 2 })
                {
                    data.Add(total, stage, source, 3);
                    data.Add(total, stage, source, 0);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(SmallLimits))]
    public async Task No_limit_however_small_can_deadlock_stages_that_multiply_their_input(
        int total,
        int perStage,
        int perSource,
        int times
    )
    {
        const int offered = 6;
        string[] stages = ["filter", "enrich", "sink"],
            sources = ["a", "b"];
        await Configure(
            new()
            {
                MaxTotalRecords = total,
                MaxPerStage = perStage,
                MaxPerSource = perSource,
                Stage = new() { FullMode = FullMode.Wait, Backoff = BackoffSettings.None },
            }
        );
        var settled = 0;
        var expected = times == 0 ? 0 : sources.Length * offered * times * times;
        var producers = sources.Select(source =>
            (Func<Task>)(
                async () =>
                {
                    for (var i = 0; i < offered; i++)
                        Assert.True((await Offer($"{source}{i}", source: source)).IsAccepted);
                }
            )
        );
        var workers = stages.SelectMany(
            _ => new[] { 1, 2 },
            (stage, max) =>
                (Func<CancellationToken, Task>)(
                    async _ =>
                    {
                        var batch = await Lease(max, stage, oneSource: true);
                        if (batch.Count == 0)
                            await Task.Yield();
                        else if (stage == "sink")
                            Interlocked.Add(ref settled, (await Complete(batch)).Settled);
                        else
                            await Hop(
                                batch,
                                stages[Array.IndexOf(stages, stage) + 1],
                                [.. batch.Records.SelectMany(r => MakeMany(r.Record.Id + ".", times))]
                            );
                    }
                )
        );

        await While(producers, workers, andThen: () => Eventually(Total, t => t.Pending == 0));
        Assert.True(
            expected == settled,
            $"{settled} settled of {expected}\n{SnapshotText.Format(await GetSnapshot())}"
        );
        await AssertConserved();
    }
}
