using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Tests.Enqueuing;

/// <summary>When records leave a buffer actor, and in which order.</summary>
public class BufferActorBatchingTests : BufferActorKit
{
    [Fact]
    public async Task Records_are_passed_on_when_there_are_enough_for_a_batch()
    {
        Send("1", "2", "3");
        await NoPass();
        Send("4");
        var pass = await Pass("1", "2", "3", "4");
        Assert.Equal((Target, 1), (pass.Target, pass.Parts.Length));
        await Counts(depth: 4, passedOn: 0);
        await Answer(pass, Took(4));
        await Counts(depth: 0, passedOn: 4);
    }

    [Fact]
    public async Task A_batch_is_passed_on_when_its_oldest_record_has_waited_its_time()
    {
        Send("1");
        await Advance(30);
        Send("2");
        await Advance(19);
        await NoPass();
        await Advance(1);
        await Pass("1", "2");
    }

    [Fact]
    public async Task Time_starts_again_after_a_pass()
    {
        Send("1");
        await Advance(50);
        await Answer(await Pass("1"), Took(1));
        await Advance(500);
        Send("2");
        await Advance(49);
        await NoPass();
        await Advance(1);
        await Answer(await Pass("2"), Took(1));
        await Counts(depth: 0, passedOn: 2);
    }

    [Fact]
    public async Task Each_target_has_its_own_batches()
    {
        Send("1", "2");
        Send(new EnqueueBatch(Other, MakeMany("a", "b", "c", "d")));
        Assert.Equal(Other, (await Pass("a", "b", "c", "d")).Target);
        await NoPass();
        await Advance(50);
        Assert.Equal(Target, (await Pass("1", "2")).Target);
    }

    [Fact]
    public async Task Equal_targets_are_one_target()
    {
        Send(new Enqueue(new("shop", "enrich", "web-1"), Make("1")));
        Send(new Enqueue(new("shop", "enrich", "web-1"), Make("2")));
        await Advance(50);
        await Pass("1", "2");
    }

    [Fact]
    public async Task A_target_has_one_pass_at_a_time_and_later_arrivals_form_the_next_pass()
    {
        Send("1", "2", "3", "4");
        var first = await Pass("1", "2", "3", "4");
        Send(new EnqueueBatch(Target, MakeMany("5", "6", "7")));
        Send("8", "9");
        await Advance(100);
        await NoPass();
        await Answer(first, Took(4));
        var second = await Pass("5", "6", "7", "8", "9");
        Send("10");
        await Answer(second, Took(5));
        await NoPass();
        await Advance(50);
        await Pass("10");
    }

    [Fact]
    public async Task Records_in_transit_to_one_target_do_not_delay_another()
    {
        Send("1", "2", "3", "4");
        await Pass("1", "2", "3", "4");
        Send(new EnqueueBatch(Other, MakeMany("a", "b", "c", "d")));
        await Pass("a", "b", "c", "d");
    }

    [Fact]
    public async Task An_awaited_reply_does_not_wait_for_more_records()
    {
        Send("1", "2");
        var asker = SendAsked("3");
        var pass = await Pass("1", "2", "3");
        Assert.Equal([2, 1], pass.Parts);
        await Untold(asker);
        await Answer(pass, Took(2), Took(1));
        Assert.True((await Told(asker)).IsAccepted);
    }

    [Fact]
    public async Task A_reply_requested_during_a_pass_comes_with_the_next_pass()
    {
        var first = SendAsked("1");
        var pass = await Pass("1");
        var second = SendAsked("2", "3");
        await NoPass();
        await Answer(pass, Took(1));
        Assert.True((await Told(first)).IsAccepted);
        await Untold(second);
        await Answer(await Pass("2", "3"), Took(1), Took(1));
        Assert.True((await Told(second)).IsAccepted);
        Assert.True((await Told(second)).IsAccepted);
        await Untold(second);
        await Counts(depth: 0, passedOn: 3);
    }

    [Fact]
    public async Task A_batch_larger_than_the_batch_size_is_passed_on_whole()
    {
        Send(new EnqueueBatch(Target, MakeMany("1", "2", "3", "4", "5", "6")));
        await Pass("1", "2", "3", "4", "5", "6");
    }

    [Fact]
    public async Task The_array_of_a_sender_can_be_reused_after_it_was_gathered()
    {
        var records = MakeMany("1", "2");
        Send(new EnqueueBatch(Target, records));
        await Rest();
        records[0] = Make("not this one");
        await Advance(50);
        await Pass("1", "2");
    }
}
