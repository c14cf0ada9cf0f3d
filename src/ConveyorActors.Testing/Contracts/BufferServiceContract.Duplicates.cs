using ConveyorActors.Buffers;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Admission: duplicates.</summary>
public abstract partial class BufferServiceContract
{
    [Fact]
    public async Task A_record_id_seen_within_the_window_is_a_duplicate_and_changes_nothing()
    {
        await Configure(
            new()
            {
                Stage = new()
                {
                    Duplicates = new() { Count = 100, Time = Seconds(60) },
                },
            }
        );
        await Offer("r1");
        var answer = await Offer("r1");
        Assert.Equal((OfferStatus.Duplicate, 0, 1), (answer.Status, answer.Accepted, answer.Consumed));
        Assert.Equal(OfferStatus.Duplicate, (await Offer("r1", source: "other")).Status);
        Assert.Equal("r1", await Drain());
        Assert.Equal(OfferStatus.Duplicate, (await Offer("r1")).Status);
        Assert.Equal(3, await Lost(LossReason.Duplicate));
        Assert.Equal(0, (await AssertConserved()).Total.Pending);
    }

    [Fact]
    public async Task All_characters_of_a_long_record_id_count()
    {
        await Configure(new() { Stage = new() { Duplicates = new() { Time = Seconds(60) } } });
        var begin = new string('r', 1_000);
        Assert.Equal(OfferStatus.Accepted, (await Offer(begin + "1")).Status);
        Assert.Equal(OfferStatus.Accepted, (await Offer(begin + "2")).Status);
        Assert.Equal(OfferStatus.Duplicate, (await Offer(begin + "1")).Status);
        Assert.Equal(OfferStatus.Duplicate, (await Offer(begin + "2", source: "other")).Status);
        Assert.Equal($"{begin}1 {begin}2", await Drain());
    }

    [Fact]
    public async Task A_record_id_is_no_duplicate_after_the_time_of_the_window()
    {
        await Configure(new() { Stage = new() { Duplicates = new() { Time = Seconds(60) } } });
        await Offer("r1");
        Clock.Advance(Seconds(59));
        Assert.Equal(OfferStatus.Duplicate, (await Offer("r1")).Status);
        Clock.Advance(Seconds(2));
        Assert.Equal(OfferStatus.Accepted, (await Offer("r1")).Status);
    }

    [Fact]
    public async Task A_record_id_is_no_duplicate_after_as_many_others_as_the_window_counts()
    {
        await Configure(new() { Stage = new() { Duplicates = new() { Count = 3 } } });
        await Fill(3);
        Assert.Equal(OfferStatus.Duplicate, (await Offer("r1")).Status);
        await Offer("r4");
        Assert.Equal(OfferStatus.Duplicate, (await Offer("r4")).Status);
        Assert.Equal(OfferStatus.Accepted, (await Offer("r1")).Status);
    }

    [Fact]
    public async Task Duplicates_in_a_batch_are_passed_over_and_the_rest_goes_in()
    {
        await Configure(
            new()
            {
                MaxPerStage = 3,
                Stage = new() { Duplicates = new() },
            }
        );
        await Offer("r1");
        var answer = await OfferAll([Make("r1"), Make("r2"), Make("r2"), Make("r3"), Make("r4")]);
        Assert.Equal((OfferStatus.StageFull, 2, 4), (answer.Status, answer.Accepted, answer.Consumed));
        Assert.Equal((2, 1), (await Lost(LossReason.Duplicate), await Lost(LossReason.StageFull)));
        Assert.Equal("r1 r2 r3", await Drain());
        await AssertConserved();
    }

    [Fact]
    public async Task A_refused_record_is_no_duplicate_when_it_is_offered_again()
    {
        await Configure(
            new()
            {
                MaxPerStage = 1,
                Stage = new() { Duplicates = new() },
            }
        );
        await Offer("r1");
        Assert.Equal(OfferStatus.StageFull, (await Offer("r2")).Status);
        await Drain();
        Assert.Equal(OfferStatus.Accepted, (await Offer("r2")).Status);
    }

    [Fact]
    public async Task Records_without_id_and_records_of_other_stages_are_no_duplicates()
    {
        await Configure(new() { Stage = new() { Duplicates = new() } });
        Assert.Equal(OfferStatus.Accepted, (await Offer("")).Status);
        Assert.Equal(OfferStatus.Accepted, (await Offer("")).Status);
        Assert.Equal(OfferStatus.Accepted, (await Offer("r1", "filter")).Status);
        Assert.Equal(OfferStatus.Accepted, (await Offer("r1", "enrich")).Status);
    }

    [Fact]
    public async Task Duplicates_are_accepted_where_they_are_not_suppressed()
    {
        await Offer("r1");
        await Offer("r1");
        Assert.Equal("r1 r1", await Drain());
    }
}
