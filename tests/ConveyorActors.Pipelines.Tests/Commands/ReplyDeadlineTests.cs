using System.Runtime.Versioning;
using ConveyorActors.Pipelines.Commands.Unix;
using ConveyorActors.Testing;

namespace ConveyorActors.Pipelines.Tests.Commands;

[UnsupportedOSPlatform("windows")]
public sealed class ReplyDeadlineTests
{
    static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    readonly FakeClock clock = new();
    int woken;

    [UnixFact]
    public void A_line_without_a_reply_fails_after_the_timeout()
    {
        using var deadline = Deadline(timeout: 2 * Second, patience: null);
        clock.Advance(Second);
        Assert.Equal(ReplyDue.Nothing, deadline.Check(hasReply: false));
        clock.Advance(Second);
        Assert.Equal(1, woken);
        Assert.Equal(ReplyDue.GiveUp, deadline.Check(hasReply: false));
    }

    [UnixFact]
    public void Each_reply_gives_the_next_line_the_whole_timeout()
    {
        using var deadline = Deadline(timeout: 2 * Second, patience: null);
        clock.Advance(Second);
        deadline.RecordReply();
        Assert.Equal(ReplyDue.Nothing, deadline.Check(hasReply: true));
        clock.Advance(1.5 * Second);
        Assert.Equal((ReplyDue.Nothing, 0), (deadline.Check(hasReply: true), woken));
        clock.Advance(0.5 * Second);
        Assert.Equal((ReplyDue.GiveUp, 1), (deadline.Check(hasReply: true), woken));
    }

    [UnixFact]
    public void The_input_is_closed_once_if_the_first_reply_takes_too_long()
    {
        using var deadline = Deadline(timeout: null, patience: Second);
        Assert.Null(deadline.SinceClosed);
        clock.Advance(Second);
        Assert.Equal((ReplyDue.CloseInput, 1), (deadline.Check(hasReply: false), woken));
        Assert.NotNull(deadline.SinceClosed);
        clock.Advance(Second);
        Assert.Equal(ReplyDue.Nothing, deadline.Check(hasReply: false));
    }

    [UnixFact]
    public void After_a_first_reply_the_input_stays_open()
    {
        using var deadline = Deadline(timeout: null, patience: Second);
        clock.Advance(10 * Second);
        Assert.Equal(ReplyDue.Nothing, deadline.Check(hasReply: true));
        Assert.Null(deadline.SinceClosed);
    }

    [UnixFact]
    public void Without_a_limit_nothing_becomes_due()
    {
        using var deadline = Deadline(timeout: null, patience: null);
        clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal((ReplyDue.Nothing, 0), (deadline.Check(hasReply: false), woken));
    }

    ReplyDeadline Deadline(TimeSpan? timeout, TimeSpan? patience) => new(clock, timeout, patience, () => woken++);
}
