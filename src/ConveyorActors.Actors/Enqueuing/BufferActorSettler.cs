using Akka.Event;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>
/// Handles the stages' replies to the passes of a buffer actor. Each sender that waits gets its reply; refused
/// fire-and-forget records are kept.
/// </summary>
/// <remarks>Used by the buffer actor alone. The state that outlives the actor is in the lanes.</remarks>
sealed class BufferActorSettler(
    BufferActorState buffer,
    BufferActorPasses passes,
    IActorRef self,
    ActorSystem system,
    ILoggingAdapter log
)
{
    /// <summary>
    /// A lane's refusals in a row before they are logged: a stage that is full for a moment is normal.
    /// </summary>
    const int RefusalsToLog = 3;

    /// <summary>The number of checks after which a pass that no stage has read is sent again.</summary>
    const int ChecksBeforeResend = 4;

    readonly BufferActorLanes lanes = buffer.Lanes;

    /// <summary>
    /// Keeps lanes from waiting forever: a pass whose reply was lost is settled from its ticket, and a pass that was
    /// lost itself is sent again.
    /// </summary>
    public void CheckPasses()
    {
        foreach (var lane in lanes.OnTheirWay.ToArray())
        {
            if (lane.Pass == 0 || lane.Ticket is not { } ticket)
                continue;
            if (ticket.Result is { } outcome)
                Conclude(outcome);
            else if (ticket.IsUnread && ++lane.Checks % ChecksBeforeResend == 0)
                passes.SendCopy(lane);
        }
        if (lanes.OnTheirWay.Count > 0)
            passes.ScheduleCheck();
    }

    /// <summary>Handles the reply to a pass. A reply to a late or second copy of the pass has no effect.</summary>
    public void Conclude(PartsOffered reply)
    {
        if (lanes.Find(reply.Pass) is not { Ticket: { } ticket } lane)
            return;
        if (!ticket.TryClose())
        {
            // Some copy was read: its result counts, not the reply to another copy.
            if (ticket.Result is not { } outcome)
                return;
            reply = outcome;
        }
        lanes.TakePass(reply.Pass);
        Settle(lane, reply);
    }

    /// <summary>
    /// Keeps the batch of a lane, to offer it again later. Records that came since it was sent stay behind it; those
    /// whose sender waits for a reply are refused as well.
    /// </summary>
    public void Hold(BufferActorLane lane, IConveyorReply refusal)
    {
        RefuseExpectingReply(lane, lane.Open, refusal);
        lane.IsHeld = true;
        lane.Refusals++;
        if (lane.Refusals >= RefusalsToLog && lane.Out is { } kept && buffer.HeldLog.TryLog(kept.Count, out _))
            BufferLog.LogBufferActorHeld(
                log,
                buffer.Core,
                kept.Count,
                lane.Target,
                EnqueueReplies.DescribeReason(refusal)
            );
        passes.ScheduleOffer(lane);
    }

    /// <summary>
    /// Applies the decisions about a lane's records: recounts its share, and only then sends the replies.
    /// </summary>
    public void SendReplies(BufferActorLane lane)
    {
        buffer.UpdateShare(lane);
        lanes.Replies.Send(self);
    }

    /// <summary>
    /// Counts fire-and-forget records that no stage will ever take, and publishes them as dropped, like any dropped
    /// message.
    /// </summary>
    public void Lose(int records, object what, string why)
    {
        buffer.RecordLeft(records, lost: true);
        if (buffer.LostLog.TryLog(records, out var total))
            BufferLog.LogBufferActorLost(log, buffer.Core, total, why);
        system.EventStream.Publish(
            new Dropped(what, $"{records} {(records == 1 ? "record" : "records")} lost: {why}", self, self)
        );
    }

    /// <summary>Replies to the actors that drain the buffer, once nothing is left in it.</summary>
    public void ReplyIfDrained()
    {
        if (lanes.Drainers.Count == 0 || buffer.Gate.Used > 0)
            return;
        foreach (var drainer in lanes.Drainers)
            drainer.Tell(new BufferActor.Drained(), self);
        lanes.Drainers.Clear();
    }

    void Settle(BufferActorLane lane, PartsOffered reply)
    {
        var batch = lane.Out!;
        var stop = TakeSettled(lane, batch, reply.Results, out var progress);
        if (progress)
            lane.Refusals = 0;
        if (reply.Failure is { } failure)
            Fail(lane, batch, failure);
        else if (batch.IsEmpty)
            Finish(lane);
        else if (stop is null && progress || stop is OfferStatus.TooLarge)
            passes.Send(lane);
        else if (stop is null)
            Fail(lane, batch, new(Problem.Crashed, "The stage replied with nothing."));
        else if (stop is OfferStatus.Draining)
        {
            Lose(batch.Count, lane.Target, "the pipeline is stopping");
            Finish(lane);
        }
        else
            Hold(lane, lane.Refusal!);
        SendReplies(lane);
        ReplyIfDrained();
    }

    /// <summary>
    /// Removes the records that the stage has replied about, and replies to their senders. Returns the status that
    /// stopped the pass; null: the stage took all records.
    /// </summary>
    OfferStatus? TakeSettled(
        BufferActorLane lane,
        BufferActorBatch batch,
        IReadOnlyList<OfferResult> results,
        out bool progress
    )
    {
        var (records, parts) = (0, 0);
        OfferResult? stop = null;
        BufferActorBatch.Part part = default;
        foreach (var result in results.Take(batch.Parts.Count))
        {
            part = batch.Parts[parts];
            if (part.ReplyTo is { } replyTo)
                lanes.Replies.Add(replyTo, EnqueueReplies.FromOffer(result));
            var isWhole = result.Consumed >= part.Count;
            var isDone = isWhole || part.ReplyTo is not null; // a sender that gets a reply keeps its refused records
            records += isDone ? part.Count : result.Consumed;
            if (isDone)
                parts++;
            if (isWhole)
                continue;
            stop = result;
            break;
        }
        progress = records > 0 || parts > 0;
        batch.RemoveFirst(records, parts);
        buffer.RecordLeft(records);
        if (stop is not { } stopped)
            return null;
        if (stopped.Status == OfferStatus.TooLarge)
        {
            if (part.ReplyTo is null)
                LoseFirst(lane, batch);
        }
        else
            RefuseExpectingReply(lane, batch, EnqueueReplies.FromOffer(stopped with { Accepted = 0, Consumed = 0 }));
        return stopped.Status;
    }

    /// <summary>
    /// Refuses the records of senders that wait for a reply. Their records must not overtake an earlier refused one,
    /// and the senders must not wait.
    /// </summary>
    void RefuseExpectingReply(BufferActorLane lane, BufferActorBatch batch, IConveyorReply refusal)
    {
        lane.Refusal = refusal;
        batch.TakeExpectingReply(
            (replyTo, count) =>
            {
                lanes.Replies.Add(replyTo, refusal);
                buffer.RecordLeft(count);
            }
        );
    }

    void Fail(BufferActorLane lane, BufferActorBatch batch, Failed failure)
    {
        RefuseExpectingReply(lane, batch, failure);
        if (batch.IsEmpty)
            Finish(lane);
        else if (failure.Problem is Problem.Crashed or Problem.NotNow or Problem.StoreUnavailable)
            Hold(lane, EnqueueReplies.CreateNotOffered(failure.Message));
        else
        {
            Lose(batch.Count, lane.Target, failure.Message);
            Finish(lane);
        }
    }

    /// <summary>Ends a lane's pass, so that the next one may be sent.</summary>
    void Finish(BufferActorLane lane)
    {
        lane.Refusals = 0;
        lane.EndBatch();
        passes.SendNext(lane);
    }

    void LoseFirst(BufferActorLane lane, BufferActorBatch batch)
    {
        var record = batch.Records.Span[0];
        batch.RemoveFirst(1, batch.Parts[0].Count == 1 ? 1 : 0);
        Lose(1, new Enqueue(lane.Target, record), "the record is too large for any limit");
    }
}
