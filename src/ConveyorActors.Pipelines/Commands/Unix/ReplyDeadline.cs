using System.Diagnostics;

namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>Specifies what must be done in an exchange whose next reply has not come.</summary>
enum ReplyDue
{
    /// <summary>Continue to wait.</summary>
    Nothing,

    /// <summary>End the exchange, because the oldest line without a reply has waited as long as it may.</summary>
    GiveUp,

    /// <summary>Close the command's input, because the first reply has taken too long.</summary>
    CloseInput,
}

/// <summary>Tracks how long the next reply of an exchange has been waited for, and how long it may take.</summary>
/// <param name="clock">The clock.</param>
/// <param name="timeout">Maximum time that the oldest line may wait for its reply; null: no limit.</param>
/// <param name="firstReplyTimeout">
/// Maximum time for the first reply before the input is closed, if there is no timeout; null: no limit.
/// </param>
/// <param name="wake">Called when <see cref="Check"/> must be called again.</param>
sealed class ReplyDeadline(TimeProvider clock, TimeSpan? timeout, TimeSpan? firstReplyTimeout, Action wake)
    : IDisposable
{
    readonly ITimer? timer = (timeout ?? firstReplyTimeout) is { } time
        ? clock.CreateTimer(_ => wake(), null, time, Timeout.InfiniteTimeSpan)
        : null;
    long repliedAt = clock.GetTimestamp(),
        closedAt;

    /// <summary>Gets the time since <see cref="Check"/> requested to close the input; null: it has not.</summary>
    public TimeSpan? SinceClosed => closedAt == 0 ? null : Stopwatch.GetElapsedTime(closedAt);

    /// <summary>Records that a reply has come.</summary>
    public void RecordReply() => repliedAt = clock.GetTimestamp();

    /// <summary>
    /// Returns what must be done now, and schedules the call of the wake action for the next deadline.
    /// </summary>
    public ReplyDue Check(bool hasReply)
    {
        var waited = clock.GetElapsedTime(repliedAt);
        if (timeout is { } most)
            return waited < most ? WakeIn(most - waited) : ReplyDue.GiveUp;
        if (firstReplyTimeout is not { } first || hasReply || closedAt != 0)
            return ReplyDue.Nothing;
        if (waited < first)
            return WakeIn(first - waited);
        closedAt = Stopwatch.GetTimestamp();
        return ReplyDue.CloseInput;
    }

    public void Dispose() => timer?.Dispose();

    ReplyDue WakeIn(TimeSpan time)
    {
        timer!.Change(time, Timeout.InfiniteTimeSpan);
        return ReplyDue.Nothing;
    }
}
