using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>
/// Keeps lanes from waiting for ever: a pass whose reply was lost is looked up on its ticket, and a pass that was lost
/// itself is sent again.
/// </summary>
sealed partial class BufferActor
{
    void LookLater()
    {
        if (!Timers.IsTimerActive(Look.Instance))
            Timers.StartSingleTimer(Look.Instance, Look.Instance, LookEvery);
    }

    void LookAtPasses()
    {
        foreach (var lane in lanes.OnTheirWay.ToArray())
        {
            if (lane.Pass == 0 || lane.Ticket is not { } ticket)
                continue;
            if (ticket.Result is { } became)
                Conclude(became);
            else if (ticket.IsUnread && ++lane.Looks % LooksBeforeAgain == 0)
                SendPass(lane, lane.Out!);
        }
        if (lanes.OnTheirWay.Count > 0)
            LookLater();
    }

    /// <summary>Handles the reply to a pass. A reply to a late or second copy of the pass changes nothing.</summary>
    void Conclude(PartsOffered answer)
    {
        if (lanes.Find(answer.Pass) is not { Ticket: { } ticket } lane)
            return;
        if (!ticket.TryClose())
        {
            // A copy was read: its result counts, and not the reply to another copy.
            if (ticket.Result is not { } became)
                return;
            answer = became;
        }
        lanes.TakePass(answer.Pass);
        Settle(lane, answer);
    }
}
