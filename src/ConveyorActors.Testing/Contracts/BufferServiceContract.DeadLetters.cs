using ConveyorActors.Buffers;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Delivery: dead letters.</summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task One_return_more_than_the_maximum_makes_a_record_a_dead_letter_with_reason_and_last_error()
    {
        await Configure(
            new()
            {
                MaxPerStage = 1,
                Stage = new() { MaxRetries = 2, Backoff = BackoffSettings.None },
            }
        );
        await Fill(1);
        for (var i = 1; i <= 2; i++)
            Assert.Equal(new SettleResult(SettleStatus.Ok, 1), await Return(await Lease(), reason: $"error {i}"));
        Clock.Advance(Seconds(1));
        Assert.Equal(
            new SettleResult(SettleStatus.Ok, 1, DeadLettered: 1),
            await Return(await Lease(), reason: "error 3")
        );

        var letter = Assert.Single(await GetDeadLetters());
        Assert.Equal(
            (LossReason.RetriesExhausted, "error 3", Clock.Start + Seconds(1)),
            (letter.Reason, letter.LastError, letter.At)
        );
        Assert.Equal(
            ("r1", Source, Stage, 2),
            (letter.Record.Record.Id, letter.Record.SourceId, letter.Record.TargetStageId, letter.Record.RetryCount)
        );
        Assert.Equal(1, await Lost(LossReason.RetriesExhausted));
        Assert.Equal(0, (await AssertConserved()).Total.Pending);
        Assert.Equal(OfferStatus.Accepted, (await Offer("r2")).Status);
    }

    [Fact]
    public async Task Only_the_culprit_of_a_batch_becomes_a_dead_letter()
    {
        await Configure(
            new()
            {
                Stage = new() { MaxRetries = 0, Backoff = BackoffSettings.None },
            }
        );
        await Fill(3);
        var batch = await Lease();
        Assert.Equal(1, (await Return(batch, sequences: Sequences(batch, "r2"))).DeadLettered);
        await Return(batch, charge: false);
        Assert.Equal("r1 r3", await Drain());
        Assert.Equal("r2", Ids((await GetDeadLetters()).Select(d => d.Record)));
    }

    [Fact]
    public async Task A_lease_that_expires_once_too_often_makes_its_record_a_dead_letter()
    {
        await Configure(
            new()
            {
                Stage = new()
                {
                    LeaseTimeout = Seconds(10),
                    MaxRetries = 1,
                    Backoff = BackoffSettings.None,
                },
            }
        );
        await Fill(1);
        await Lease();
        Clock.Advance(Seconds(10));
        await LeaseOnceThere();
        Clock.Advance(Seconds(10));
        var letters = await Eventually(() => GetDeadLetters(), letters => letters.Count == 1);
        Assert.All(letters, letter => Assert.Equal(LossReason.RetriesExhausted, letter.Reason));
        Assert.All(
            letters,
            letter => Assert.Contains("lease expired", letter.LastError, StringComparison.OrdinalIgnoreCase)
        );
        Assert.Equal(0, (await AssertConserved()).Total.Pending);
    }

    [Fact]
    public async Task A_consumer_may_reject_a_record_whatever_retries_it_has_left()
    {
        await Fill(3);
        var batch = await Lease();
        Assert.Equal(
            new SettleResult(SettleStatus.Ok, 1, DeadLettered: 1),
            await DeadLetter(batch, "unreadable", Sequences(batch, "r2"))
        );
        Assert.Equal(2, (await Complete(batch)).Settled);
        var letter = Assert.Single(await GetDeadLetters());
        Assert.Equal(
            ("r2", LossReason.Rejected, "unreadable", 0),
            (letter.Record.Record.Id, letter.Reason, letter.LastError, letter.Record.RetryCount)
        );
        Assert.Equal(1, await Lost(LossReason.Rejected));
        await AssertConserved();
    }

    [Fact]
    public async Task Dead_letters_are_listed_oldest_first_stage_by_stage()
    {
        foreach (var stage in new[] { "filter", "enrich" })
        {
            await Fill(3, stage, prefix: stage);
            await DeadLetter(await Lease(2, stage));
            await DeadLetter(await Lease(1, stage));
        }

        Assert.Equal("filter1 filter2 filter3", Ids((await GetDeadLetters("filter")).Select(d => d.Record)));
        Assert.Equal("enrich1 enrich2", Ids((await GetDeadLetters("enrich", max: 2)).Select(d => d.Record)));
        Assert.Empty(await GetDeadLetters("sink"));
    }

    [Fact]
    public async Task Dead_letters_are_bounded_and_the_oldest_give_way()
    {
        await Configure(new() { Stage = new() { MaxDeadLetters = 3 } });
        await Fill(5);
        await DeadLetter(await Lease());
        Assert.Equal("r3 r4 r5", Ids((await GetDeadLetters()).Select(d => d.Record)));
        var stage = await StageNow();
        Assert.Equal((3, 2), (stage.DeadLetters, stage.DeadLettersDiscarded));
        Assert.Equal(5, (await AssertConserved()).Total.DeadLettered);
    }

    [Fact]
    public async Task Dead_letters_are_bounded_in_bytes_and_the_oldest_give_way()
    {
        const int letter = 100 + 2 * 8; // the record, and the 8 characters of "rejected"
        await Configure(new() { Stage = new() { MaxDeadLetterBytes = 3 * letter } });
        for (var i = 1; i <= 5; i++)
            Assert.True((await Offer($"r{i}", bytes: 100)).IsAccepted);
        await DeadLetter(await Lease());
        Assert.Equal("r3 r4 r5", Ids((await GetDeadLetters()).Select(d => d.Record)));
        var stage = await StageNow();
        Assert.Equal((3, 2, 3 * letter), (stage.DeadLetters, stage.DeadLettersDiscarded, stage.DeadLetterBytes));
        Assert.Equal(5, (await AssertConserved()).Total.DeadLettered);
        await Within(Service.PurgeDeadLettersAsync(Pipeline, Stage, 1));
        Assert.Equal(2 * letter, (await StageNow()).DeadLetterBytes);
        Assert.Equal(2, await Within(Service.ReplayDeadLettersAsync(Pipeline, Stage)));
        Assert.Equal(0, (await StageNow()).DeadLetterBytes);
    }

    [Theory]
    [InlineData(1_000, null, null, 1_000)]
    [InlineData(1_000, 500, null, 500)]
    [InlineData(1_000, 500, 0L, 0)]
    [InlineData(1_000, 500, 700L, 700)]
    public async Task A_limit_in_bytes_bounds_the_dead_letters_unless_their_own_bound_says_more(
        int total,
        int? perStage,
        long? own,
        int most
    )
    {
        await Configure(
            new()
            {
                MaxTotalBytes = total,
                MaxBytesPerStage = perStage,
                Stage = new() { MaxDeadLetterBytes = own },
            }
        );
        for (var i = 1; i <= 20; i++)
        {
            Assert.True((await Offer($"r{i}", bytes: 100)).IsAccepted);
            await DeadLetter(await Lease());
        }
        var stage = await StageNow();
        Assert.Equal(most / 116, stage.DeadLetters);
        Assert.Equal(
            (20 - stage.DeadLetters, 116 * stage.DeadLetters),
            (stage.DeadLettersDiscarded, stage.DeadLetterBytes)
        );
    }

    [Fact]
    public async Task A_stage_that_keeps_no_dead_letters_still_counts_them()
    {
        await Configure(new() { Stage = new() { MaxDeadLetters = 0 } });
        await Fill(2);
        await DeadLetter(await Lease());
        Assert.Empty(await GetDeadLetters());
        Assert.Equal((2, 2), (await Lost(LossReason.Rejected), (await StageNow()).DeadLettersDiscarded));
        await AssertConserved();
    }

    [Fact]
    public async Task Replayed_dead_letters_are_offered_again_with_no_retries_counted()
    {
        await Configure(
            new()
            {
                Stage = new() { MaxRetries = 0, Backoff = BackoffSettings.None },
            }
        );
        await Fill(3);
        await Return(await Lease());
        Assert.Equal(3, (await GetDeadLetters()).Count);

        Assert.Equal(2, await Within(Service.ReplayDeadLettersAsync(Pipeline, Stage, 2)));
        Assert.Equal("r3", Ids((await GetDeadLetters()).Select(d => d.Record)));
        var batch = await Lease();
        Assert.Equal("r1 r2", Ids(batch));
        Assert.All(batch.Records, r => Assert.Equal((0, Source), (r.RetryCount, r.SourceId)));
        Assert.Equal(1, await Within(Service.ReplayDeadLettersAsync(Pipeline, Stage)));
        Assert.Equal(0, await Within(Service.ReplayDeadLettersAsync(Pipeline, Stage)));
        Assert.Equal(6, (await AssertConserved()).Total.Offered);
    }

    [Fact]
    public async Task Dead_letters_are_replayed_while_there_is_room_and_the_others_stay()
    {
        await Configure(new() { MaxPerStage = 3 });
        await Fill(3);
        await DeadLetter(await Lease());
        await Fill(1, prefix: "s");
        Assert.Equal(2, await Within(Service.ReplayDeadLettersAsync(Pipeline, Stage)));
        Assert.Equal("r3", Ids((await GetDeadLetters()).Select(d => d.Record)));
        Assert.Equal("s1 r1 r2", await Drain());
        await AssertConserved();
    }

    [Fact]
    public async Task A_replayed_dead_letter_is_no_duplicate_of_itself()
    {
        await Configure(new() { Stage = new() { Duplicates = new() } });
        await Fill(1);
        await DeadLetter(await Lease());
        Assert.Equal(1, await Within(Service.ReplayDeadLettersAsync(Pipeline, Stage)));
        Assert.Equal("r1", await Drain());
    }

    [Fact]
    public async Task Replaying_never_drops_a_record_whatever_the_rule_of_the_stage()
    {
        foreach (var rule in new[] { FullMode.DropOldest, FullMode.DropNewest, FullMode.Wait })
        {
            var stage = rule.ToString();
            await Configure(new() { MaxPerStage = 1 });
            await ConfigureStage(stage, new() { FullMode = rule });
            await Fill(1, stage, prefix: "dead");
            await DeadLetter(await Lease(1, stage));
            await Fill(1, stage, prefix: "here");
            Assert.Equal(0, await Within(Service.ReplayDeadLettersAsync(Pipeline, stage)));
            Assert.Single(await GetDeadLetters(stage));
            Assert.Equal("here1", await Drain(stage: stage));
        }

        Assert.Equal(0, (await AssertConserved()).Total.Dropped);
    }

    [Fact]
    public async Task A_waiting_consumer_is_given_a_replayed_dead_letter()
    {
        await Fill(1);
        await DeadLetter(await Lease());
        var lease = await WaitingLease();
        await Within(Service.ReplayDeadLettersAsync(Pipeline, Stage));
        Assert.Equal("r1", Ids(await lease));
    }

    [Fact]
    public async Task Purged_dead_letters_are_gone_for_good_and_stay_counted()
    {
        await Fill(4);
        await DeadLetter(await Lease());
        Assert.Equal(1, await Within(Service.PurgeDeadLettersAsync(Pipeline, Stage, 1)));
        Assert.Equal("r2 r3 r4", Ids((await GetDeadLetters()).Select(d => d.Record)));
        Assert.Equal(3, await Within(Service.PurgeDeadLettersAsync(Pipeline, Stage)));
        Assert.Empty(await GetDeadLetters());
        Assert.Equal(0, await Within(Service.ReplayDeadLettersAsync(Pipeline, Stage)));
        Assert.Equal((4, 4), ((await StageNow()).DeadLettersDiscarded, (await AssertConserved()).Total.DeadLettered));
    }
}
