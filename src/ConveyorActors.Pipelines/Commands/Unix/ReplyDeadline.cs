using System.Diagnostics;

namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>What is due in an exchange whose next reply has not come.</summary>
enum ReplyDue
{
    /// <summary>Nothing yet.</summary>
    Nothing,

    /// <summary>The oldest line without a reply has waited as long as it may.</summary>
    GiveUp,

    /// <summary>The first reply has taken so long that the command's input is to be closed.</summary>
    CloseInput,
}

/// <summary>How long the replies of one exchange may take, and since when the next one is waited for.</summary>
/// <param name="clock">The clock.</param>
/// <param name="timeout">How long the oldest line without a reply may wait; null: for ever.</param>
/// <param name="patience">
/// Where there is no timeout, how long the first reply may take before the input is closed; null: for ever.
/// </param>
/// <param name="wake">Called when <see cref="Look"/> is to be called again.</param>
sealed class ReplyDeadline(TimeProvider clock, TimeSpan? timeout, TimeSpan? patience, Action wake) : IDisposable
{
    readonly ITimer? timer = (timeout ?? patience) is { } time
        ? clock.CreateTimer(_ => wake(), null, time, Timeout.InfiniteTimeSpan)
        : null;
    long repliedAt = clock.GetTimestamp(),
        closedAt;

    /// <summary>Gets how long the input has been closed by <see cref="Look"/>; null: it has not.</summary>
    public TimeSpan? SinceClosed => closedAt == 0 ? null : Stopwatch.GetElapsedTime(closedAt);

    /// <summary>Records that a reply has come.</summary>
    public void Replied() => repliedAt = clock.GetTimestamp();

    /// <summary>Returns what is due now, and has itself woken when the next thing is.</summary>
    public ReplyDue Look(bool hasReply)
    {
        var waited = clock.GetElapsedTime(repliedAt);
        if (timeout is { } most)
            return waited < most ? WakeIn(most - waited) : ReplyDue.GiveUp;
        if (patience is not { } first || hasReply || closedAt != 0)
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
