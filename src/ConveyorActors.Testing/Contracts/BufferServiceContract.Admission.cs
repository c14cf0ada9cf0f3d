using ConveyorActors.Buffers;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Admission: the three limits, and the result of an offer.</summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task The_manager_accepts_exactly_its_limit_over_all_stages_and_sources()
    {
        await Configure(new() { MaxTotalRecords = 5 });
        await Fill(3, "filter", "a");
        await Fill(2, "enrich", "b");
        Assert.Equal(OfferStatus.GlobalFull, (await Offer("r6", "sink", "c")).Status);
        Assert.Equal(5, (await AssertConserved()).Total.Used);
    }

    [Theory]
    [InlineData(FullMode.Reject)]
    [InlineData(FullMode.Wait)]
    public async Task An_array_of_records_can_be_used_again_when_its_offer_has_completed(FullMode mode)
    {
        await Configure(
            new()
            {
                MaxPerStage = 5,
                Stage = new() { FullMode = mode },
            }
        );
        var records = MakeMany("r", 3);
        Assert.Equal(3, (await OfferAll(records)).Accepted);
        MakeMany("other", 3).CopyTo(records, 0);
        Assert.Equal("r1 r2 r3", Ids(await Lease()));
        await AssertConserved();
    }

    [Fact]
    public async Task A_stage_accepts_exactly_its_limit_over_all_sources()
    {
        await Configure(new() { MaxPerStage = 5 });
        await Fill(3, source: "a");
        await Fill(2, source: "b");
        Assert.Equal(OfferStatus.StageFull, (await Offer("r6", source: "c")).Status);
        Assert.Equal(OfferStatus.Accepted, (await Offer("r6", "enrich", "c")).Status);
        await AssertConserved();
    }

    [Fact]
    public async Task A_source_is_given_exactly_its_limit_over_all_stages()
    {
        await Configure(new() { MaxPerSource = 5 });
        await Fill(3, "filter");
        await Fill(2, "enrich");
        Assert.Equal(OfferStatus.SourceFull, (await Offer("r6", "sink")).Status);
        Assert.Equal(OfferStatus.Accepted, (await Offer("r6", "sink", "other")).Status);
        await AssertConserved();
    }

    [Fact]
    public async Task The_limits_by_default_are_100000_and_10000_and_5000()
    {
        await Offer("r1");
        var snapshot = await GetSnapshot();
        Assert.Equal(
            (100_000, 10_000, 5_000),
            (snapshot.Total.Limit, snapshot.Stages[0].Level.Limit, snapshot.Sources[0].Level.Limit)
        );
        Assert.Equal(5_000 - 1, (await OfferAll(MakeMany("more", 6_000))).Accepted);
        Assert.Equal(5_000, (await OfferAll(MakeMany("more", 6_000), source: "other")).Accepted);
        Assert.Equal(OfferStatus.StageFull, (await Offer("r2", source: "third")).Status);
    }

    [Fact]
    public async Task The_manager_accepts_exactly_its_limit_in_bytes()
    {
        await Configure(new() { MaxTotalBytes = 10 });
        Assert.Equal(OfferStatus.Accepted, (await Offer("r1", "filter", "a", bytes: 6)).Status);
        Assert.Equal(OfferStatus.GlobalFull, (await Offer("r2", "enrich", "b", bytes: 5)).Status);
        Assert.Equal(OfferStatus.Accepted, (await Offer("r3", "enrich", "b", bytes: 4)).Status);
        Assert.Equal(10, (await AssertConserved()).Total.PendingBytes);
    }

    [Fact]
    public async Task A_stage_accepts_exactly_its_limit_in_bytes()
    {
        await Configure(new() { MaxBytesPerStage = 10 });
        Assert.Equal(OfferStatus.Accepted, (await Offer("r1", source: "a", bytes: 6)).Status);
        Assert.Equal(OfferStatus.StageFull, (await Offer("r2", source: "b", bytes: 5)).Status);
        Assert.Equal(OfferStatus.Accepted, (await Offer("r3", source: "b", bytes: 4)).Status);
        Assert.Equal(OfferStatus.Accepted, (await Offer("r4", "enrich", "b", bytes: 10)).Status);
        await AssertConserved();
    }

    [Fact]
    public async Task A_source_is_given_exactly_its_limit_in_bytes()
    {
        await Configure(new() { MaxBytesPerSource = 10 });
        Assert.Equal(OfferStatus.Accepted, (await Offer("r1", "filter", bytes: 6)).Status);
        Assert.Equal(OfferStatus.SourceFull, (await Offer("r2", "enrich", bytes: 5)).Status);
        Assert.Equal(OfferStatus.Accepted, (await Offer("r3", "enrich", bytes: 4)).Status);
        Assert.Equal(OfferStatus.Accepted, (await Offer("r4", "enrich", "other", bytes: 10)).Status);
        await AssertConserved();
    }

    [Fact]
    public async Task Limits_in_bytes_count_large_ids_keys_and_headers()
    {
        await Configure(new() { MaxTotalBytes = 10_000 });
        var large = new string('x', 2_000);
        ConveyorRecord[] records =
        [
            new(large, default),
            new("key", new byte[2]) { Key = large },
            new("", default) { Headers = new Dictionary<string, string> { [large] = "" } },
        ];
        // 4,000 bytes each, of which 512 do not count; the id of the second and the header of the third have 6 and 64.
        int[] sizes = [3_488, 3_496, 3_552];

        var offered = await OfferAll(records);

        Assert.Equal((OfferStatus.GlobalFull, 2), (offered.Status, offered.Accepted));
        Assert.Equal(sizes[0] + sizes[1], (await AssertConserved()).Total.PendingBytes);
        await Drain();
        Assert.Equal(0, (await AssertConserved()).Total.PendingBytes);
        Assert.Equal(OfferStatus.Accepted, (await OfferAll([records[2]])).Status);
        Assert.Equal(sizes[2], (await AssertConserved()).Total.PendingBytes);
    }

    [Fact]
    public async Task Settling_gives_the_bytes_back()
    {
        await Configure(
            new()
            {
                MaxTotalBytes = 10,
                MaxBytesPerStage = 10,
                MaxBytesPerSource = 10,
            }
        );
        await Offer("r1", bytes: 10);
        Assert.Equal(OfferStatus.StageFull, (await Offer("r2", bytes: 1)).Status);
        await Drain();
        Assert.Equal(OfferStatus.Accepted, (await Offer("r2", bytes: 10)).Status);
    }

    [Theory]
    [InlineData(5, null, null)]
    [InlineData(null, 5, null)]
    [InlineData(null, null, 5)]
    public async Task A_record_that_no_limit_could_ever_admit_is_too_large(int? total, int? stage, int? source)
    {
        await Configure(
            new()
            {
                MaxTotalBytes = total,
                MaxBytesPerStage = stage,
                MaxBytesPerSource = source,
            }
        );
        Assert.Equal(OfferStatus.TooLarge, (await Offer("r1", bytes: 6)).Status);
        Assert.Equal(OfferStatus.Accepted, (await Offer("r2", bytes: 5)).Status);
        Assert.Equal(1, await Lost(LossReason.TooLarge));
        Assert.Equal("r2", Ids(await Lease()));
    }

    [Fact]
    public async Task A_record_that_is_too_large_does_not_wait_for_room()
    {
        await Configure(
            new()
            {
                MaxBytesPerStage = 5,
                Stage = new() { FullMode = FullMode.Wait },
            }
        );
        Assert.Equal(OfferStatus.TooLarge, (await Offer("r1", bytes: 6)).Status);
    }

    [Fact]
    public async Task Records_in_flight_count_until_they_settle()
    {
        await Configure(
            new()
            {
                MaxPerStage = 2,
                MaxPerSource = 2,
                MaxTotalRecords = 2,
            }
        );
        await Fill(2);
        var batch = await Lease();
        Assert.Equal(OfferStatus.StageFull, (await Offer("r3")).Status);
        await Complete(batch, batch.Records[0].Sequence);
        Assert.Equal(OfferStatus.Accepted, (await Offer("r3")).Status);
        Assert.Equal(OfferStatus.StageFull, (await Offer("r4")).Status);
        await AssertConserved();
    }

    [Fact]
    public async Task A_refusal_names_the_stage_before_the_source_and_the_source_before_the_manager()
    {
        await Configure(
            new()
            {
                MaxPerStage = 1,
                MaxPerSource = 1,
                MaxTotalRecords = 1,
            }
        );
        await Fill(1);
        Assert.Equal(OfferStatus.StageFull, (await Offer("r")).Status);
        Assert.Equal(OfferStatus.SourceFull, (await Offer("r", stage: "enrich")).Status);
        Assert.Equal(OfferStatus.GlobalFull, (await Offer("r", stage: "enrich", source: "other")).Status);
        Assert.Equal(
            (1, 1, 1),
            (await Lost(LossReason.StageFull), await Lost(LossReason.SourceFull), await Lost(LossReason.GlobalFull))
        );
    }

    [Fact]
    public async Task A_refused_record_stays_with_the_caller_and_changes_nothing_but_the_count()
    {
        await Configure(new() { MaxPerStage = 1 });
        await Fill(1);
        var answer = await Offer("again");
        Assert.Equal(
            (OfferStatus.StageFull, 0, 0, 0),
            (answer.Status, answer.Accepted, answer.Consumed, answer.Evicted)
        );
        Assert.False(answer.IsAccepted);
        var level = (await AssertConserved()).Total;
        Assert.Equal((2, 1, 1, 1), (level.Offered, level.Accepted, level.Refused, level.Pending));

        Assert.Equal("r1", await Drain());
        Assert.Equal(OfferStatus.Accepted, (await Offer("again")).Status);
        Assert.Equal("again", await Drain());
    }

    [Fact]
    public async Task A_batch_is_accepted_as_a_prefix_and_the_answer_says_how_many_and_what_stopped_it()
    {
        await Configure(new() { MaxPerStage = 5 });
        var answer = await OfferAll(MakeMany("r", 10));
        Assert.Equal((OfferStatus.StageFull, 5, 5), (answer.Status, answer.Accepted, answer.Consumed));
        Assert.Equal(5, await Lost(LossReason.StageFull));
        Assert.Equal("r1 r2 r3 r4 r5", await Drain());
        await AssertConserved();
    }

    [Fact]
    public async Task A_batch_stops_at_the_first_record_that_is_refused()
    {
        await Configure(new() { MaxBytesPerStage = 10 });
        var answer = await OfferAll([Make("r1", 4), Make("r2", 7), Make("r3", 1)]);
        Assert.Equal((OfferStatus.StageFull, 1, 1), (answer.Status, answer.Accepted, answer.Consumed));
        answer = await OfferAll([Make("r4", 1), Make("r5", 11), Make("r6", 1)]);
        Assert.Equal((OfferStatus.TooLarge, 1, 1), (answer.Status, answer.Accepted, answer.Consumed));
        Assert.Equal("r1 r4", await Drain());
        await AssertConserved();
    }

    [Fact]
    public async Task An_empty_batch_is_accepted_and_changes_nothing()
    {
        await Configure(new() { MaxPerStage = 1 });
        await Fill(1);
        var answer = await OfferAll([]);
        Assert.Equal((OfferStatus.Accepted, 0, 0), (answer.Status, answer.Accepted, answer.Consumed));
        Assert.Equal(1, (await Total()).Offered);
    }

    [Fact]
    public async Task An_offer_is_told_the_room_that_manager_and_source_have_left()
    {
        await Configure(new() { MaxPerSource = 10, MaxTotalRecords = 12 });
        Assert.Equal(9, (await Offer("r1")).Credits);
        Assert.Equal(5, (await OfferAll(MakeMany("s", 4))).Credits);
        Assert.Equal(1, (await OfferAll(MakeMany("t", 6), source: "other")).Credits);
        Assert.Equal(0, (await Offer("u1")).Credits);
        Assert.Equal(0, (await Offer("u2")).Credits);
    }

    [Fact]
    public async Task Limits_hold_exactly_while_many_offer_and_settle_at_once()
    {
        await Configure(
            new()
            {
                MaxTotalRecords = 24,
                MaxPerStage = 10,
                MaxPerSource = 9,
                Stage = new() { Backoff = BackoffSettings.None, MaxRetries = 1_000_000 },
            }
        );
        string[] stages = ["filter", "enrich", "sink"],
            sources = ["a", "b", "c", "d"];
        var (accepted, completed) = (0L, 0L);
        var producers = Enumerable
            .Range(0, 8)
            .Select(p =>
                (Func<Task>)(
                    async () =>
                    {
                        var random = new Random(p);
                        for (var i = 0; i < 300; i++)
                        {
                            var answer = await OfferAll(
                                MakeMany($"p{p}-{i}-", random.Next(1, 6)),
                                stages[random.Next(3)],
                                sources[p % 4]
                            );
                            Interlocked.Add(ref accepted, answer.Accepted);
                        }
                    }
                )
            );
        var consumers = Enumerable
            .Range(0, 6)
            .Select(c =>
            {
                var random = new Random(100 + c);
                return (Func<CancellationToken, Task>)(
                    async _ =>
                    {
                        var batch = await Lease(random.Next(1, 8), stages[c % 3]);
                        if (batch.Count == 0)
                            await Task.Yield();
                        else if (random.Next(4) == 0)
                            await Return(batch);
                        else
                            Interlocked.Add(ref completed, (await Complete(batch)).Settled);
                    }
                );
            });

        await While(producers, [.. consumers, Watch]);
        foreach (var stage in stages)
            completed += (await Drain(stage: stage)).Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        Assert.Equal(accepted, completed);
        var level = (await AssertConserved()).Total;
        Assert.Equal((accepted, accepted, 0L), (level.Accepted, level.Completed, level.Pending));
    }
}
