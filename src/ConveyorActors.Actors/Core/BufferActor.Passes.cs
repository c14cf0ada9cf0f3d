using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Core;

/// <summary>No lane waits for ever: a pass whose answer was lost is looked up on its ticket, and one that was lost itself is sent again.</summary>
sealed partial class BufferActor
{
    void LookLater()
    {
        if (!Timers.IsTimerActive(Look.Instance)) Timers.StartSingleTimer(Look.Instance, Look.Instance, LookEvery);
    }

    void LookAtPasses()
    {
        foreach (var lane in lanes.OnTheirWay.ToArray())
        {
            if (lane.Pass == 0 || lane.Ticket is not { } ticket) continue;
            if (ticket.Result is { } became) Conclude(became);
            else if (ticket.IsUnread && ++lane.Looks % LooksBeforeAgain == 0) SendPass(lane, lane.Out!);
        }
        if (lanes.OnTheirWay.Count > 0) LookLater();
    }

    /// <summary>Takes the answer to a pass. An answer to a copy of it that came too late, or twice, changes nothing.</summary>
    void Conclude(PartsOffered answer)
    {
        if (lanes.Find(answer.Pass) is not { Ticket: { } ticket } lane) return;
        if (!ticket.TryClose())
        {
            // A copy was read: what became of that one counts, whatever was said of another.
            if (ticket.Result is not { } became) return;
            answer = became;
        }
        lanes.TakePass(answer.Pass);
        Settle(lane, answer);
    }
}
