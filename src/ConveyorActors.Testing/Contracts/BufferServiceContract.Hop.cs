using ConveyorActors.Buffers;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>
/// Delivery: the hop, which completes a batch of one stage and offers its results to another stage in one step.
/// </summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task A_hop_settles_its_inputs_and_offers_their_results_in_one_step()
    {
        await Configure(new() { Stage = Eager });
        await Fill(3);
        await Return(await Lease());
        Clock.Advance(Seconds(2));
        var batch = await Lease(2);
        Assert.Equal(new SettleResult(SettleStatus.Ok, 2), await Hop(batch, "enrich", MakeMany("x", 3)));

        var snapshot = await AssertConserved();
        var (filter, enrich) = (
            snapshot.Stages.Single(s => s.Stage == Stage).Level,
            snapshot.Stages.Single(s => s.Stage == "enrich").Level
        );
        Assert.Equal((2, 1, 3, 0), (filter.Completed, filter.Pending, enrich.Pending, enrich.Hopping));
        Assert.Equal((6, 4), (snapshot.Total.Offered, snapshot.Total.Pending));

        var results = await Lease(stage: "enrich");
        Assert.Equal("x1 x2 x3", Ids(results));
        Assert.All(
            results.Records,
            r =>
                Assert.Equal(
                    (Source, Pipeline, "enrich", 0, Clock.Start + Seconds(2)),
                    (r.SourceId, r.PipelineId, r.TargetStageId, r.RetryCount, r.BufferedAt)
                )
        );
        Assert.Equal([1, 2, 3], results.Records.Select(r => r.Sequence));
        Assert.Equal("r3", await Drain());
    }

    [Fact]
    public async Task A_hop_without_results_completes_its_inputs()
    {
        await Fill(2);
        Assert.Equal(new SettleResult(SettleStatus.Ok, 2), await Hop(await Lease(), "enrich"));
        Assert.Equal(0, (await AssertConserved()).Total.Pending);
    }

    [Fact]
    public async Task A_hop_of_some_of_a_lease_leaves_the_rest_open()
    {
        await Configure(new() { Stage = Eager });
        await Fill(3);
        var batch = await Lease();
        var answer = await Within(
            Service.HopAsync(Pipeline, Stage, batch.Id, Sequences(batch, "r1", "r2"), "enrich", MakeMany("x", 2))
        );
        Assert.Equal(new SettleResult(SettleStatus.Ok, 2), answer);
        Assert.Equal(1, (await Return(batch)).Settled);
        Assert.Equal("r3", await Drain());
        Assert.Equal("x1 x2", await Drain(stage: "enrich"));
    }

    [Fact]
    public async Task A_hop_of_records_settled_before_offers_nothing()
    {
        await Fill(2);
        var batch = await Lease();
        await Complete(batch, Sequences(batch, "r1"));
        await Within(Service.HopAsync(Pipeline, Stage, batch.Id, Sequences(batch, "r1"), "enrich", MakeMany("x", 2)));
        Assert.Equal("", await Drain(stage: "enrich"));
        Assert.Equal(1, (await Complete(batch)).Settled);
        await AssertConserved();
    }

    [Fact]
    public async Task The_results_of_a_hop_take_over_the_room_of_their_inputs()
    {
        await Configure(
            new()
            {
                MaxTotalRecords = 2,
                MaxPerSource = 2,
                MaxPerStage = 2,
            }
        );
        await Fill(2);
        var batch = await Lease();
        await Hop(batch, "enrich", MakeMany("x", 2));
        Assert.Equal(OfferStatus.SourceFull, (await Offer("r3")).Status);
        Assert.Equal(2, (await AssertConserved()).Total.Used);
        Assert.Equal("x1 x2", await Drain(stage: "enrich"));
    }

    [Fact]
    public async Task A_hop_gives_back_the_room_that_its_results_do_not_need()
    {
        await Configure(new() { MaxTotalRecords = 3, MaxPerSource = 3 });
        await Fill(3);
        await Hop(await Lease(), "enrich", Make("x"));
        Assert.Equal(2, await Available());
        await Fill(2, prefix: "s");
    }

    [Fact]
    public async Task Bytes_hop_like_records()
    {
        await Configure(
            new()
            {
                MaxTotalBytes = 10,
                MaxBytesPerSource = 10,
                MaxBytesPerStage = 10,
            }
        );
        await Offer("r1", bytes: 8);
        await Hop(await Lease(), "enrich", Make("x1", 4), Make("x2", 6));
        Assert.Equal(10, (await AssertConserved()).Total.PendingBytes);
        var hop = await WaitingHop(await Lease(stage: "enrich"), "sink", 1, Make("y1", 8), Make("y2", 4));
        Assert.Equal("y1", Ids(await CompleteNext(1, "sink")));
        await hop;
        Assert.Equal("y2", await Drain(stage: "sink"));
        Assert.Equal(0, (await AssertConserved()).Total.PendingBytes);
    }

    [Fact]
    public async Task A_hop_offers_nothing_twice()
    {
        await Configure(
            new()
            {
                Stage = new() { LeaseTimeout = Seconds(10), Backoff = BackoffSettings.None },
                MaxTotalRecords = 2,
            }
        );
        await Fill(1);
        var batch = await Lease();
        var hop = await WaitingHop(batch, "enrich", 1, MakeMany("x", 3));
        Assert.Equal(SettleStatus.UnknownLease, (await Within(StartHop(batch, "enrich", MakeMany("x", 3)))).Status);

        // The lease has ended although some of the results still wait: its deadline returns no records.
        Clock.Advance(Seconds(11));
        Assert.Equal(0, (await Lease()).Count);
        Assert.Equal("x1 x2", Ids(await CompleteNext(2, "enrich")));
        await hop;
        Assert.Equal("x3", await Drain(stage: "enrich"));
        Assert.Equal(0, (await AssertConserved()).Total.Pending);
    }

    [Fact]
    public async Task A_hop_takes_records_of_one_source_only()
    {
        await Fill(1, source: "a", prefix: "a");
        await Fill(1, source: "b", prefix: "b");
        var batch = await Lease();
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Within(StartHop(batch, "enrich", Make("x"))));
        Assert.Equal("", await Drain(stage: "enrich"));

        foreach (var record in batch.Records)
        {
            var answer = await Within(
                Service.HopAsync(
                    Pipeline,
                    Stage,
                    batch.Id,
                    [record.Sequence],
                    "enrich",
                    new[] { Make(record.SourceId + "-x") }
                )
            );
            Assert.Equal(new SettleResult(SettleStatus.Ok, 1), answer);
        }

        Assert.Equal(["a", "b"], (await Lease(stage: "enrich")).Records.Select(r => r.SourceId));
    }

    [Fact]
    public async Task A_result_that_no_limit_could_ever_admit_goes_to_the_dead_letters_of_the_target_stage()
    {
        await Configure(new() { MaxBytesPerStage = 5 });
        await Fill(1);
        await Hop(await Lease(), "enrich", Make("x1"), Make("huge", 6), Make("x2"));
        Assert.Equal("x1 x2", await Drain(stage: "enrich"));
        var letter = Assert.Single(await GetDeadLetters("enrich"));
        Assert.Equal(
            ("huge", LossReason.ResultTooLarge, Source),
            (letter.Record.Record.Id, letter.Reason, letter.Record.SourceId)
        );
        Assert.Equal(1, await Lost(LossReason.ResultTooLarge));
        Assert.Equal(0, (await AssertConserved()).Total.Pending);
    }

    [Fact]
    public async Task A_hop_wakes_the_consumers_of_both_stages()
    {
        await Fill(2);
        var batch = await Lease(1);
        var (here, there) = (await WaitingLease(), await WaitingLease(stage: "enrich"));
        await Hop(batch, "enrich", Make("x"));
        Assert.Equal(("r2", "x"), (Ids(await here), Ids(await there)));
    }

    [Fact]
    public async Task A_hop_lets_waiting_offers_into_the_stage_that_it_leaves()
    {
        await Configure(Full(FullMode.Wait, perStage: 1));
        await Fill(1);
        var offer = await WaitingOffer([Make("r2")]);
        await Hop(await Lease(), "enrich", Make("x"));
        Assert.True((await offer).IsAccepted);
    }

    [Fact]
    public async Task Nobody_sees_a_pipeline_empty_while_a_hop_is_under_way()
    {
        await Fill(1);
        var sawNone = 0;
        await While(
            [
                async () =>
                {
                    for (var i = 0; i < 300; i++)
                        await Hop(
                            await Lease(1, i % 2 == 0 ? Stage : "enrich"),
                            i % 2 == 0 ? "enrich" : Stage,
                            Make($"x{i}")
                        );
                },
            ],
            [
                async _ =>
                {
                    var snapshot = await AssertConserved();
                    if (snapshot.Total.Pending == 0 || snapshot.Sources.Single().Level.Pending == 0)
                        sawNone++;
                },
            ]
        );
        Assert.Equal(0, sawNone);
    }

    [Fact]
    public async Task Each_source_keeps_its_order_across_stages_with_several_workers()
    {
        const int perSource = 200;
        string[] sources = ["a", "b"],
            stages = ["filter", "enrich", "sink"];
        await Configure(
            new()
            {
                MaxPerStage = 10,
                Stage = new() { FullMode = FullMode.Wait, Backoff = BackoffSettings.None },
            }
        );
        var seen = sources.ToDictionary(s => s, _ => new List<string>());
        var producers = sources.Select(source =>
            (Func<Task>)(
                async () =>
                {
                    for (var i = 0; i < perSource; i++)
                        Assert.True((await Offer($"{source}{i}", source: source)).IsAccepted);
                }
            )
        );
        var workers = Enumerable
            .Range(0, 3)
            .SelectMany(
                _ => stages,
                (max, stage) =>
                    (Func<CancellationToken, Task>)(
                        async _ =>
                        {
                            var batch = await Lease(max + 1, stage, oneSource: true);
                            if (batch.Count == 0)
                            {
                                await Task.Yield();
                                return;
                            }

                            if (stage == "sink")
                            {
                                lock (seen)
                                    seen[batch.Records[0].SourceId].AddRange(batch.Records.Select(r => r.Record.Id));
                                await Complete(batch);
                            }
                            else
                            {
                                await Hop(
                                    batch,
                                    stage == "filter" ? "enrich" : "sink",
                                    [.. batch.Records.Select(r => r.Record)]
                                );
                            }
                        }
                    )
            );

        await While(producers, workers, andThen: () => Eventually(Total, t => t.Pending == 0));
        foreach (var source in sources)
            Assert.Equal(Enumerable.Range(0, perSource).Select(i => $"{source}{i}"), seen[source]);
    }
}
