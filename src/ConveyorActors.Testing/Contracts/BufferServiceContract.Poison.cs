using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Delivery: a consumer that dies because of one record does not affect the other records.</summary>
public abstract partial class BufferServiceContract
{
    static StageSettings Deadly =>
        new()
        {
            LeaseTimeout = Seconds(10),
            MaxRetries = 2,
            Backoff = BackoffSettings.None,
        };

    /// <summary>Specifies how the lease of a dead consumer ends.</summary>
    public enum LeaseEnd
    {
        /// <summary>The deadline of the lease passes.</summary>
        Expired,

        /// <summary>The consumer is reported as dead.</summary>
        Abandoned,
    }

    /// <summary>Makes the consumer of some leases die, and waits until the leases have ended.</summary>
    async Task EndConsumer(LeaseEnd death, params LeasedBatch[] held)
    {
        if (death == LeaseEnd.Abandoned)
            await Within(Service.AbandonAsync(Pipeline, Stage, [.. held.Select(b => b.Id)], "the consumer died"));
        else
            Clock.Advance(Seconds(10));
        await Eventually(() => StageNow(), s => !s.Leases.Any(l => held.Any(b => b.Id == l.Id)));
    }

    /// <summary>
    /// Lets consumers work until no record is left, each dying of a poison record. Returns the number of deaths, and
    /// the ids of the records completed.
    /// </summary>
    async Task<(int Deaths, HashSet<string> Done)> WorkAmongPoison(LeaseEnd death, int max, params string[] poison)
    {
        var done = new HashSet<string>();
        var deaths = 0;
        while ((await StageNow()).Level.Pending > 0)
        {
            var batch = await Lease(max);
            Assert.NotEqual(0, batch.Count);
            if (batch.Records.Any(r => poison.Contains(r.Record.Id)))
            {
                Assert.True(++deaths < 1_000, "consumers die for ever");
                await EndConsumer(death, batch);
                continue;
            }
            Assert.All(batch.Records, r => Assert.Equal((0, true), (r.RetryCount, done.Add(r.Record.Id))));
            await Complete(batch);
        }
        return (deaths, done);
    }

    [Theory]
    [InlineData(LeaseEnd.Expired, 100, 51)]
    [InlineData(LeaseEnd.Expired, 7, 3)]
    [InlineData(LeaseEnd.Abandoned, 100, 51)]
    [InlineData(LeaseEnd.Abandoned, 100, 1)]
    [InlineData(LeaseEnd.Abandoned, 100, 100)]
    [InlineData(LeaseEnd.Abandoned, 100, 33)]
    [InlineData(LeaseEnd.Abandoned, 2, 1)]
    [InlineData(LeaseEnd.Abandoned, 2, 2)]
    [InlineData(LeaseEnd.Abandoned, 1, 1)]
    public async Task A_consumer_that_dies_of_a_record_does_not_take_the_others_along(
        LeaseEnd death,
        int count,
        int poison
    )
    {
        await Configure(new() { Stage = Deadly });
        await Fill(count);
        var (deaths, done) = await WorkAmongPoison(death, count, $"r{poison}");
        Assert.Equal(count - 1, done.Count);
        Assert.Equal($"r{poison}", Assert.Single(await GetDeadLetters()).Record.Record.Id);
        Assert.InRange(deaths, Deadly.MaxRetries + 1, Math.Log2(count) + Deadly.MaxRetries + 2);
        Assert.Equal(Deadly.MaxRetries + 1, (await AssertConserved()).Total.Retries);
    }

    [Theory]
    [InlineData(LeaseOrder.OneLeasePerSource)]
    [InlineData(LeaseOrder.Shared)]
    public async Task Several_poison_records_of_several_sources_are_found_one_by_one(LeaseOrder order)
    {
        await Configure(new() { Stage = Deadly with { LeaseOrder = order } });
        foreach (var source in new[] { "a", "b", "c" })
            await Fill(30, source: source, prefix: source);
        string[] poison = ["a1", "a2", "a17", "b30", "c15", "c16"];
        var (_, done) = await WorkAmongPoison(LeaseEnd.Abandoned, 64, poison);
        Assert.Equal(84, done.Count);
        Assert.Equal(
            poison.Order(StringComparer.Ordinal),
            (await GetDeadLetters()).Select(l => l.Record.Record.Id).Order(StringComparer.Ordinal)
        );
        await AssertConserved();
    }

    [Fact]
    public async Task A_lease_with_records_of_a_suspected_source_is_small_whatever_other_sources_are_in_it()
    {
        await Configure(new() { Stage = Deadly });
        await Fill(8, source: "a", prefix: "a");
        await Abandon(await Lease(oneSource: true));
        await Fill(40, source: "b", prefix: "b");
        var leases = new List<LeasedBatch>();
        while (await Lease() is { Count: > 0 } batch)
            leases.Add(batch);
        Assert.All(leases.Where(l => l.Records.Any(r => r.SourceId == "a")), l => Assert.InRange(l.Count, 1, 4));
        Assert.Equal(40, leases.Sum(l => l.Records.Count(r => r.SourceId == "b")));
    }

    [Theory]
    [InlineData(LeaseEnd.Expired)]
    [InlineData(LeaseEnd.Abandoned)]
    public async Task A_consumer_that_dies_holding_two_leases_has_both_halved_the_next_time(LeaseEnd death)
    {
        await Configure(new() { Stage = Deadly });
        await Fill(32);
        var sizes = new List<int>();
        for (var deaths = 0; deaths < 4; deaths++)
        {
            var first = await Lease(8);
            var second = await LeaseWhileHolding(first, 8);
            sizes.AddRange([first.Count, second.Count]);
            await EndConsumer(death, first, second);
        }
        Assert.Equal([8, 8, 8, 8, 4, 4, 2, 2], sizes); // half of all 16 records that the first consumer held is 8
    }

    [Fact]
    public async Task Leases_grow_again_once_they_are_settled_in_full()
    {
        await Configure(new() { Stage = Deadly });
        await Fill(300);
        await Abandon(await Lease(32));
        var sizes = new List<int>();
        for (var i = 0; i < 6; i++)
        {
            var batch = await Lease(64);
            sizes.Add(batch.Count);
            await Complete(batch);
        }
        Assert.Equal([16, 16, 32, 64, 64, 64], sizes);
    }

    [Fact]
    public async Task A_lease_that_is_given_back_untried_does_not_let_leases_grow()
    {
        await Configure(new() { Stage = Deadly });
        await Fill(8);
        await Abandon(await Lease());
        for (var i = 0; i < 4; i++)
        {
            var batch = await Lease();
            Assert.Equal(4, batch.Count);
            await Return(batch, charge: false);
        }
    }

    [Theory]
    [InlineData(LeaseEnd.Expired)]
    [InlineData(LeaseEnd.Abandoned)]
    public async Task What_is_still_open_in_a_lease_says_how_many_are_suspects(LeaseEnd death)
    {
        await Configure(new() { Stage = Deadly });
        await Fill(6);
        var batch = await Lease();
        await Complete(batch, Sequences(batch, "r1", "r2", "r4"));
        await EndConsumer(death, batch);
        var again = await Lease();
        Assert.Equal(("r3", 0), (Ids(again), again.Records[0].RetryCount)); // 3 were open
        await Complete(again);
        batch = await Lease();
        Assert.Equal("r5", Ids(batch));
        await EndConsumer(death, batch);
        Assert.Equal(1, (await Lease()).Records[0].RetryCount);
    }

    [Theory]
    [InlineData(LeaseEnd.Expired)]
    [InlineData(LeaseEnd.Abandoned)]
    public async Task The_last_record_left_open_in_a_lease_is_charged(LeaseEnd death)
    {
        await Configure(new() { Stage = Deadly });
        await Fill(3);
        var batch = await Lease();
        await Complete(batch, Sequences(batch, "r1", "r3"));
        await EndConsumer(death, batch);
        var again = await Lease();
        Assert.Equal(("r2", 1), (Ids(again), again.Records[0].RetryCount));
    }

    [Fact]
    public async Task A_lease_that_was_renewed_is_judged_when_it_fails_all_the_same()
    {
        await Configure(new() { Stage = Deadly });
        await Fill(2);
        var batch = await Lease();
        Clock.Advance(Seconds(9));
        await Within(Service.RenewAsync(Pipeline, Stage, batch.Id));
        Clock.Advance(Seconds(9));
        await EndConsumer(LeaseEnd.Expired, batch);
        var again = await Lease();
        Assert.Equal(("r1", 0), (Ids(again), again.Records[0].RetryCount));
    }

    [Theory]
    [InlineData(LeaseEnd.Expired)]
    [InlineData(LeaseEnd.Abandoned)]
    public async Task Leases_that_one_consumer_holds_together_are_judged_together(LeaseEnd death)
    {
        await Configure(new() { Stage = Deadly });
        await Fill(8);
        var done = new List<string>();
        for (var deaths = 0; (await StageNow()).Level.Pending > 0; )
        {
            // A consumer takes two leases before it settles either, and dies because of r3.
            var first = await Lease(1);
            Assert.NotEqual(0, first.Count);
            var second = await LeaseWhileHolding(first, 2);
            if (first.Records.Concat(second.Records).Any(r => r.Record.Id == "r3"))
            {
                Assert.InRange(++deaths, 1, 10);
                await EndConsumer(death, [.. new[] { first, second }.Where(b => b.Count > 0)]);
                continue;
            }
            foreach (var batch in new[] { first, second }.Where(b => b.Count > 0))
            {
                Assert.All(batch.Records, r => Assert.Equal(0, r.RetryCount));
                done.AddRange(batch.Records.Select(r => r.Record.Id));
                await Complete(batch);
            }
        }
        Assert.Equal("r1 r2 r4 r5 r6 r7 r8", string.Join(' ', done));
        Assert.Equal("r3", Assert.Single(await GetDeadLetters()).Record.Record.Id);
    }

    [Theory]
    [InlineData(LeaseOrder.OneLeasePerSource, "b1")]
    [InlineData(LeaseOrder.OneLeasePerSource, "f3")]
    [InlineData(LeaseOrder.Shared, "a2")]
    [InlineData(LeaseOrder.Shared, "d1")]
    public async Task A_consumer_that_dies_with_separate_leases_of_one_record_is_freed_of_its_poison(
        LeaseOrder order,
        string poison
    )
    {
        await Configure(new() { Stage = Deadly with { LeaseOrder = order } });
        string[] sources = ["a", "b", "c", "d", "e", "f"];
        foreach (var source in sources)
            await Fill(3, source: source, prefix: source);
        var (deaths, done) = (0, new HashSet<string>());
        while ((await StageNow()).Level.Pending > 0)
        {
            var held = new List<LeasedBatch>();
            while (held.Count < 4 && await Lease(1, consumer: "worker") is { Count: > 0 } batch)
                held.Add(batch);
            Assert.NotEmpty(held);
            if (held.Any(b => b.Records[0].Record.Id == poison))
            {
                Assert.InRange(++deaths, 1, 20);
                await EndConsumer(LeaseEnd.Abandoned, [.. held]);
                continue;
            }
            foreach (var batch in held)
            {
                Assert.Equal((0, true), (batch.Records[0].RetryCount, done.Add(batch.Records[0].Record.Id)));
                await Complete(batch);
            }
        }
        Assert.Equal(17, done.Count);
        Assert.Equal(poison, Assert.Single(await GetDeadLetters()).Record.Record.Id);
        Assert.Equal(Deadly.MaxRetries + 1, (await AssertConserved()).Total.Retries);
    }

    [Fact]
    public async Task Suspects_of_separate_leases_are_leased_one_at_a_time_and_others_are_not_held_up()
    {
        await Configure(new() { Stage = Deadly });
        foreach (var source in new[] { "a", "b" })
            await Fill(1, source: source, prefix: source);
        var held = new[] { await Lease(1), await Lease(1) };
        await EndConsumer(LeaseEnd.Abandoned, held);
        await Fill(1, source: "c", prefix: "c");
        var first = await Lease(1);
        var second = await Lease(1);
        Assert.Contains("c1", new[] { Ids(first), Ids(second) });
        Assert.Equal(0, (await Lease(1)).Count);
        foreach (var batch in new[] { first, second })
            await Complete(batch);
        var last = await Lease(1);
        Assert.Equal(1, last.Count);
        await Complete(last);
        Assert.Equal(0, (await AssertConserved()).Total.Pending);
    }

    [Fact]
    public async Task A_lease_that_is_named_twice_is_judged_once()
    {
        await Configure(new() { Stage = Deadly });
        await Fill(1);
        var batch = await Lease(1);
        await Within(Service.AbandonAsync(Pipeline, Stage, new[] { batch.Id, batch.Id }, "the consumer died"));
        Assert.Equal(1, (await Lease()).Records[0].RetryCount);
    }

    [Fact]
    public async Task A_consumer_that_waits_for_more_is_given_it_once_its_suspect_is_settled()
    {
        await Configure(new() { Stage = Deadly });
        await Fill(2);
        await Fill(2, source: "b", prefix: "b");
        await Abandon(await Lease(2, oneSource: true));
        var first = await Lease(1);
        while (first.Records[0].SourceId != Source)
        {
            await Complete(first);
            first = await Lease(1);
        }
        var more = Service
            .GetBatchAsync(Pipeline, Stage, new BatchRequest(10) { Wait = true, HeldLease = first.Id })
            .AsTask();
        await Eventually(() => StageNow(), s => s.WaitingConsumers == 1);
        await Complete(first);
        Assert.NotEqual(0, (await Within(more)).Count);
    }

    [Fact]
    public async Task An_abandoned_lease_goes_back_at_once_and_settling_it_later_changes_nothing()
    {
        await Configure(new() { Stage = Deadly });
        await Fill(4);
        var batch = await Lease();
        await Complete(batch, Sequences(batch, "r1"));
        Assert.Equal(new SettleResult(SettleStatus.Ok, 3), await Abandon(batch));
        var expired = new SettleResult(SettleStatus.LeaseExpired, 0);
        Assert.Equal(expired, await Complete(batch));
        Assert.Equal(expired, await Return(batch));
        Assert.Equal(expired, await DeadLetter(batch));
        Assert.Equal(expired, await Abandon(batch));
        Assert.Equal(expired, await Within(Service.RenewAsync(Pipeline, Stage, batch.Id)));
        Assert.Equal(expired, await Within(StartHop(batch, "enrich", Make("x"))));
        Assert.Equal(3, (await AssertConserved()).Total.Buffered);
    }

    [Fact]
    public async Task Abandoning_a_lease_that_is_settled_or_was_never_given_changes_nothing()
    {
        await Fill(1);
        var batch = await Lease();
        await Complete(batch);
        var unknown = new SettleResult(SettleStatus.UnknownLease, 0);
        Assert.Equal(unknown, await Abandon(batch));
        Assert.Equal(unknown, await Abandon(batch with { Id = 12_345 }));
        Assert.Equal(unknown, await Abandon(batch with { Stage = "never-used" }));
        Assert.Equal(
            new SettleResult(SettleStatus.Ok, 0),
            await Within(Service.AbandonAsync(Pipeline, Stage, Array.Empty<long>(), "none"))
        );
    }

    [Fact]
    public async Task An_abandoned_record_is_dead_lettered_with_the_reason_when_it_has_no_retries_left()
    {
        await Configure(new() { Stage = Deadly with { MaxRetries = 0 } });
        await Fill(1);
        Assert.Equal(
            new SettleResult(SettleStatus.Ok, 1, DeadLettered: 1),
            await Abandon(await Lease(), "out of memory")
        );
        var letter = Assert.Single(await GetDeadLetters());
        Assert.Equal((LossReason.RetriesExhausted, "out of memory"), (letter.Reason, letter.LastError));
    }
}
