using System.Collections.Concurrent;
using ConveyorActors.Buffers;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Order and fairness.</summary>
public abstract partial class BufferServiceContract
{
    static StageSettings Eager => new() { Backoff = BackoffSettings.None };

    [Fact]
    public async Task Records_of_a_source_leave_in_the_order_they_came()
    {
        for (var i = 1; i <= 5; i++)
            await Offer($"r{i}");
        await OfferAll(MakeMany("s", 3));
        Assert.Equal("r1 r2 r3", await Drain(3));
        await Offer("t1");
        Assert.Equal("r4 r5 s1 s2 s3 t1", await Drain());
    }

    [Fact]
    public async Task A_returned_batch_comes_again_before_everything_else_in_its_original_order()
    {
        await Configure(new() { Stage = Eager });
        await Fill(6);
        var batch = await Lease(3);
        await Offer("late");
        await Return(batch);
        Assert.Equal("r1 r2 r3 r4 r5 r6 late", await Drain());
    }

    [Fact]
    public async Task Records_returned_out_of_order_come_again_in_order()
    {
        await Configure(new() { Stage = Eager });
        await Fill(6);
        var batch = await Lease(5);
        await Return(batch, sequences: Sequences(batch, "r4"));
        await Return(batch, sequences: Sequences(batch, "r5", "r2"));
        await Complete(batch, Sequences(batch, "r3"));
        await Return(batch, sequences: Sequences(batch, "r1"));
        Assert.Equal("r1 r2 r4 r5 r6", await Drain());
    }

    [Fact]
    public async Task A_returned_record_keeps_its_sequence_number_and_its_time()
    {
        await Configure(new() { Stage = Eager });
        await Fill(2);
        var first = await Lease();
        Clock.Advance(Seconds(3));
        await Return(first);
        var again = await Lease();
        Assert.Equal(
            first.Records.Select(r => (r.Sequence, r.BufferedAt)),
            again.Records.Select(r => (r.Sequence, r.BufferedAt))
        );
    }

    [Fact]
    public async Task A_returned_record_always_has_its_room()
    {
        await Configure(
            new()
            {
                MaxPerStage = 3,
                MaxPerSource = 3,
                MaxTotalRecords = 3,
                Stage = Eager,
            }
        );
        await Fill(3);
        var batch = await Lease(2);
        Assert.Equal(OfferStatus.StageFull, (await Offer("r4")).Status);
        Assert.Equal(2, (await Return(batch)).Settled);
        Assert.Equal(3, (await AssertConserved()).Total.Used);
        Assert.Equal("r1 r2 r3", await Drain());
    }

    [Fact]
    public async Task While_records_of_a_source_are_in_flight_no_other_consumer_is_given_any_of_it()
    {
        await Fill(4, source: "a", prefix: "a");
        await Fill(2, source: "b", prefix: "b");
        var first = await Lease(1, oneSource: true);
        var hot = first.Records[0].SourceId;
        var second = await Lease();
        Assert.DoesNotContain(second.Records, r => r.SourceId == hot);
        Assert.NotEmpty(second.Records);
        Assert.Equal(0, (await Lease()).Count);

        await Complete(first);
        var third = await Lease();
        Assert.All(third.Records, r => Assert.Equal(hot, r.SourceId));
        Assert.NotEmpty(third.Records);
    }

    [Fact]
    public async Task The_other_stages_still_serve_a_source_of_which_one_stage_holds_records()
    {
        await Fill(2, "filter");
        await Fill(2, "enrich");
        await Lease(1, "filter");
        Assert.Equal("r1 r2", await Drain(stage: "enrich"));
    }

    [Fact]
    public async Task A_source_goes_on_when_the_last_of_its_records_in_flight_is_settled()
    {
        await Fill(3);
        var batch = await Lease(2);
        await Complete(batch, Sequences(batch, "r1"));
        Assert.Equal(0, (await Lease()).Count);
        await DeadLetter(batch, sequences: Sequences(batch, "r2"));
        Assert.Equal("r3", await Drain());
    }

    [Fact]
    public async Task Where_the_order_is_shared_several_consumers_may_hold_records_of_one_source()
    {
        await Configure(
            new()
            {
                Stage = new() { LeaseOrder = LeaseOrder.Shared, Backoff = BackoffSettings.None },
            }
        );
        await Fill(6);
        var (first, second) = (await Lease(2), await Lease(2));
        Assert.Equal(("r1 r2", "r3 r4"), (Ids(first), Ids(second)));
        await Return(second);
        await Return(first);
        Assert.Equal("r1 r2 r3 r4 r5 r6", await Drain());
    }

    [Fact]
    public async Task A_hot_source_cannot_starve_the_others()
    {
        await Fill(1_000, source: "hot", prefix: "hot");
        await Fill(5, source: "cold", prefix: "cold");
        await Fill(5, source: "cool", prefix: "cool");
        var batch = await Lease(96);
        Assert.Equal(96, batch.Count);
        Assert.Equal(
            (5, 5),
            (batch.Records.Count(r => r.SourceId == "cold"), batch.Records.Count(r => r.SourceId == "cool"))
        );
    }

    [Fact]
    public async Task Sources_are_served_in_turn_by_their_quantum()
    {
        await Configure(new() { Stage = new() { Quantum = 2 } });
        foreach (var source in new[] { "a", "b", "c" })
            await Fill(6, source: source, prefix: source);
        Assert.Equal("a1 a2 b1 b2 c1 c2 a3 a4 b3 b4 c3 c4", await Drain(12));
    }

    [Fact]
    public async Task The_turn_goes_on_from_one_lease_to_the_next()
    {
        await Configure(new() { Stage = new() { Quantum = 2 } });
        foreach (var source in new[] { "a", "b", "c" })
            await Fill(4, source: source, prefix: source);
        var served = new List<string>();
        for (var i = 0; i < 4; i++)
            served.Add(await Drain(3));
        Assert.Equal("a1 a2 b1 b2 c1 c2 a3 a4 b3 b4 c3 c4", string.Join(' ', served));
    }

    [Fact]
    public async Task A_source_that_comes_and_goes_gets_no_more_than_its_turn()
    {
        await Configure(new() { Stage = new() { Quantum = 1 } });
        await Fill(20, source: "steady", prefix: "s");
        var fromSteady = 0;
        for (var i = 0; i < 10; i++)
        {
            await Offer($"n{i}", source: "nimble");
            fromSteady += (await Drain(2)).Split(' ').Count(id => id[0] == 's');
        }

        Assert.Equal(10, fromSteady);
    }

    [Fact]
    public async Task A_lease_of_one_source_takes_the_sources_in_turn()
    {
        foreach (var source in new[] { "a", "b" })
            await Fill(3, source: source, prefix: source);
        var (first, second) = (await Lease(10, oneSource: true), await Lease(10, oneSource: true));
        Assert.Equal(("a1 a2 a3", "b1 b2 b3"), (Ids(first), Ids(second)));
        Assert.Equal(0, (await Lease(10, oneSource: true)).Count);
    }

    [Fact]
    public async Task A_lease_of_one_source_goes_on_past_its_turn_while_no_other_source_waits()
    {
        await Configure(new() { Stage = new() { Quantum = 2 } });
        await Fill(7, source: "a", prefix: "a");
        var first = await Lease(5, oneSource: true);
        Assert.Equal("a1 a2 a3 a4 a5", Ids(first));
        await Complete(first);
        await Fill(3, source: "b", prefix: "b");
        Assert.Equal("a6", Ids(await Lease(5, oneSource: true)));
        Assert.Equal("b1 b2", Ids(await Lease(5, oneSource: true)));
    }

    [Fact]
    public async Task A_lease_of_one_source_ends_with_its_turn_while_another_source_waits()
    {
        await Configure(new() { Stage = new() { Quantum = 2 } });
        foreach (var source in new[] { "a", "b" })
            await Fill(3, source: source, prefix: source);
        Assert.Equal("a1 a2", Ids(await Lease(5, oneSource: true)));
        Assert.Equal("b1 b2", Ids(await Lease(5, oneSource: true)));
    }

    [Fact]
    public async Task The_order_of_each_source_holds_with_many_consumers_that_fail_now_and_then()
    {
        const int perSource = 150;
        string[] sources = ["a", "b", "c", "d"];
        await Configure(
            new()
            {
                MaxPerStage = 60,
                Stage = new()
                {
                    FullMode = FullMode.Wait,
                    Backoff = BackoffSettings.None,
                    MaxRetries = 1_000_000,
                },
            }
        );
        var effects = sources.ToDictionary(s => s, _ => new ConcurrentQueue<string>());
        var producers = sources.Select(source =>
            (Func<Task>)(
                async () =>
                {
                    for (var i = 0; i < perSource; i++)
                        Assert.True((await Offer($"{source}{i}", source: source)).IsAccepted);
                }
            )
        );
        var consumers = Enumerable
            .Range(0, 4)
            .Select(c =>
            {
                var random = new Random(c);
                return (Func<CancellationToken, Task>)(
                    async _ =>
                    {
                        var batch = await Lease(random.Next(1, 12));
                        if (batch.Count == 0)
                            await Task.Yield();

                        // The records before the failed one are completed; it and those after it are returned.
                        var good = random.Next(batch.Count + 1);
                        foreach (var group in batch.Records.GroupBy(r => r.SourceId))
                        {
                            var records = group.ToArray();
                            var done = Math.Min(good, records.Length);
                            Array.ForEach(records[..done], r => effects[group.Key].Enqueue(r.Record.Id));
                            if (done < records.Length)
                                await Return(batch, sequences: [.. records[done..].Select(r => r.Sequence)]);
                            if (done > 0)
                                await Complete(batch, [.. records[..done].Select(r => r.Sequence)]);
                        }
                    }
                );
            });

        await While(producers, consumers, andThen: () => Eventually(Total, t => t.Pending == 0));
        foreach (var source in sources)
            Assert.Equal(Enumerable.Range(0, perSource).Select(i => $"{source}{i}"), effects[source]);
        await AssertConserved();
    }
}
