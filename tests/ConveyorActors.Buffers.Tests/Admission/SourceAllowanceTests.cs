using ConveyorActors.Buffers.Admission;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Admission;

/// <summary>When one source's grant asks its budget for more, and how long an offer waits for the reply.</summary>
public sealed class SourceAllowanceTests
{
    static readonly OfferResult Accepted = new(OfferStatus.Accepted, 1, 1, 0, default, 0);

    readonly FakeClock clock = new();
    readonly SourceAllowance allowance;
    int woken;

    public SourceAllowanceTests() => allowance = new("web", _ => woken++, clock);

    [Fact]
    public void Without_a_reply_nothing_is_known_and_more_may_be_needed()
    {
        Assert.Equal(("web", false), (allowance.Source, allowance.Terms.IsKnown));
        Assert.Equal((false, false, 0L), (allowance.IsExhausted, allowance.IsSilent, allowance.RequestBelow));
        Assert.Equal((long.MaxValue, true), (allowance.UsableUntil, allowance.IsUsable));
        Assert.Equal((true, false), (allowance.NeedsMore(0, 1), allowance.NeedsMore(1, 1)));
        Assert.Equal(0, allowance.Room());
        Assert.Equal((0L, false), allowance.TakeNeeds());
    }

    [Fact]
    public void A_reply_sets_the_terms()
    {
        var terms = new AllowanceTerms(10, 8, 5, 100);
        allowance.Set(terms, exhausted: true, low: 3, until: 7);
        Assert.Equal((terms, true), (allowance.Terms, allowance.Terms.IsKnown));
        Assert.Equal((true, 3L, 7L), (allowance.IsExhausted, allowance.RequestBelow, allowance.UsableUntil));
        Assert.False(allowance.NeedsMore(0, 1));
    }

    [Fact]
    public void A_grant_is_usable_until_it_expires()
    {
        Set(low: 0, until: clock.GetTimestamp() + 2);
        Assert.True(allowance.IsUsable);
        clock.Advance(TimeSpan.FromTicks(1));
        Assert.True(allowance.IsUsable);
        clock.Advance(TimeSpan.FromTicks(1));
        Assert.False(allowance.IsUsable);
    }

    [Fact]
    public void More_is_asked_for_once_when_little_is_left()
    {
        Set(low: 3);
        allowance.RecordTaken(3);
        Assert.Equal(0, woken);
        allowance.RecordTaken(2);
        allowance.RecordTaken(1);
        Assert.Equal(1, woken);
        Assert.Equal((0L, true), allowance.TakeNeeds());
        Assert.Equal((0L, false), allowance.TakeNeeds());
        allowance.RecordTaken(2);
        Assert.Equal(2, woken);
    }

    [Fact]
    public void The_greatest_shortage_is_asked_for()
    {
        Set(low: 0);
        allowance.RecordShortage(2);
        allowance.RecordShortage(5);
        allowance.RecordShortage(3);
        Assert.Equal(1, woken);
        Assert.Equal((5L, true), allowance.TakeNeeds());
        Assert.Equal((0L, false), allowance.TakeNeeds());
    }

    [Fact]
    public void An_exhausted_budget_is_not_asked_but_learns_what_was_needed()
    {
        allowance.Set(new(10, 10, 0, 100), exhausted: true, low: 3, long.MaxValue);
        allowance.RecordTaken(0);
        allowance.RecordShortage(2);
        Assert.Equal(0, woken);
        Assert.Equal((2L, true), allowance.TakeNeeds());
    }

    [Fact]
    public void Freed_room_is_told_only_while_room_is_given_back()
    {
        Set(low: 3);
        allowance.RecordFreed();
        Assert.Equal(0, woken);
        allowance.Set(new(10, 9, 0, 100), exhausted: true, low: 3, long.MaxValue);
        allowance.RecordFreed();
        Assert.Equal(1, woken);
        Assert.Equal((0L, false), allowance.TakeNeeds());
    }

    [Fact]
    public async Task An_offer_waits_for_a_reply_that_may_help()
    {
        var room = 1L;
        allowance.Room = () => Volatile.Read(ref room);
        var asked = AskedOf(out var both);
        var offer = both.Offers.WaitAsync(() => new(Accepted), 2, default).AsTask();
        both.Room = allowance.Room;
        await Within.Reason(asked);
        Assert.Equal(2, both.TakeNeeds().Needed);
        both.RecordReply(); // there is still too little
        await Eventually(() => both.TakeNeeds().Needed == 2);
        Assert.False(offer.IsCompleted);
        Volatile.Write(ref room, 2);
        both.RecordReply();
        Assert.Equal(Accepted, await Within.Reason(offer));
        Assert.False(both.IsSilent);
    }

    [Fact]
    public async Task An_offer_waits_five_seconds_for_a_budget_that_is_silent()
    {
        var asked = AskedOf(out var silent);
        var offer = silent.Offers.WaitAsync(() => new(Accepted), 1, default).AsTask();
        await Within.Reason(asked);
        await Eventually(() => clock.ArmedTimers == 1);
        clock.Advance(TimeSpan.FromMilliseconds(4_999));
        Assert.False(offer.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(Accepted, await Within.Reason(offer));
        Assert.True(silent.IsSilent);
        Assert.False(silent.NeedsMore(0, 1));
        silent.Set(new(1, 1, 0, 100), exhausted: false, low: 0, long.MaxValue);
        Assert.False(silent.IsSilent);
    }

    [Fact]
    public async Task An_offer_does_not_wait_when_the_reply_arrives_just_before()
    {
        var looks = 0;
        allowance.Room = () => looks++ == 0 ? 0 : 5;
        var offer = allowance.Offers.WaitAsync(() => new(Accepted), 2, default);
        Assert.Equal(Accepted, await Within.Reason(offer));
        Assert.Equal((2, 0), (looks, woken));
    }

    [Fact]
    public void A_reply_that_no_offer_waits_for_changes_nothing()
    {
        allowance.RecordReply();
        allowance.RecordReply();
        Assert.Equal(0, woken);
    }

    Task AskedOf(out SourceAllowance asking)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        asking = new("web", _ => asked.TrySetResult(), clock);
        return asked.Task;
    }

    void Set(long low, long until = long.MaxValue) => allowance.Set(new(10, 10, 5, 100), exhausted: false, low, until);

    static async Task Eventually(Func<bool> isSo)
    {
        var end = DateTime.UtcNow + Within.Bound;
        while (!isSo())
        {
            Assert.True(DateTime.UtcNow < end, "it did not happen in time");
            await Task.Yield();
        }
    }
}
