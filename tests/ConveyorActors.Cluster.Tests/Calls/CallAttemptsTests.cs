using ConveyorActors.Cluster.Calls;
using ConveyorActors.Testing;

namespace ConveyorActors.Cluster.Tests.Calls;

public sealed class CallAttemptsTests
{
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    readonly FakeClock clock = new();

    [Fact]
    public void The_pauses_double_up_to_a_quarter_of_a_second()
    {
        var attempts = new CallAttempts(clock, Timeout, CallKind.Repeatable);
        var pauses = new List<double>();
        for (var i = 0; i < 7; i++)
        {
            attempts.Begin();
            Assert.True(attempts.CanRepeat(out var pause));
            pauses.Add(pause.TotalMilliseconds);
        }
        Assert.Equal([10, 20, 40, 80, 160, 250, 250], pauses);
    }

    [Fact]
    public void A_call_is_not_repeated_after_its_timeout()
    {
        var attempts = new CallAttempts(clock, Timeout, CallKind.Repeatable);
        clock.Advance(Timeout - TimeSpan.FromMilliseconds(1));
        attempts.Begin();
        Assert.True(attempts.CanRepeat(out _));
        clock.Advance(TimeSpan.FromMilliseconds(1));
        attempts.Begin();
        Assert.False(attempts.CanRepeat(out _));
    }

    [Theory]
    [InlineData(CallKind.Waiting, true)]
    [InlineData(CallKind.Identified, true)]
    [InlineData(CallKind.Repeatable, false)]
    [InlineData(CallKind.Once, false)]
    internal void The_time_of_a_call_that_may_wait_starts_again_after_a_long_attempt(CallKind kind, bool startsAgain)
    {
        var attempts = new CallAttempts(clock, Timeout, kind);
        attempts.Begin();
        Assert.True(attempts.CanRepeat(out _));
        attempts.Begin();
        clock.Advance(Timeout);
        Assert.Equal(startsAgain, attempts.CanRepeat(out var pause));
        Assert.Equal(startsAgain ? 10 : 20, pause.TotalMilliseconds);
    }

    [Theory]
    [InlineData(CallKind.Identified, true)]
    [InlineData(CallKind.Repeatable, false)]
    internal void The_effect_of_an_identified_call_is_unknown_once_a_reply_was_lost(CallKind kind, bool isUnknown)
    {
        var attempts = new CallAttempts(clock, Timeout, kind);
        Assert.False(attempts.IsUnknown);
        attempts.WasLost = true;
        Assert.Equal(isUnknown, attempts.IsUnknown);
    }
}
