using Akka.Event;
using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>
/// What a stage's answer to a pass means: each sender gets its answer, and what fire-and-forget senders would lose is
/// kept.
/// </summary>
sealed partial class BufferActor
{
    /// <summary>A stage that is full for a moment is normal.</summary>
    const int RefusalsToLog = 3;

    void Settle(BufferActorLane lane, PartsOffered answer)
    {
        var batch = lane.Out!;
        var stop = TakeSettled(lane, batch, answer.Results, out var progress);
        if (progress)
            lane.Refusals = 0;
        if (answer.Failure is { } failure)
            Fail(lane, batch, failure);
        else if (batch.IsEmpty)
            Finish(lane);
        else if (stop is null && progress || stop is OfferStatus.TooLarge)
            Pass(lane, batch);
        else if (stop is null)
            Fail(lane, batch, new(Problem.Crashed, "The stage answered with nothing."));
        else if (stop is OfferStatus.Draining)
        {
            Lose(batch.Count, lane.Target, "the pipeline is stopping");
            Finish(lane);
        }
        else
            Hold(lane, lane.Refusal!);
        CountShare(lane);
        SayIfDrained();
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
            part.Asker?.Tell(EnqueueReplies.Of(result), Self);
            var isWhole = result.Consumed >= part.Count;
            var isGone = isWhole || part.Asker is not null; // what was refused is the asker's
            records += isGone ? part.Count : result.Consumed;
            if (isGone)
                parts++;
            if (isWhole)
                continue;
            stop = result;
            break;
        }
        progress = records > 0 || parts > 0;
        batch.RemoveFirst(records, parts);
        buffer.Left(records);
        if (stop is not { } stopped)
            return null;
        if (stopped.Status == OfferStatus.TooLarge)
        {
            if (part.Asker is null)
                LoseFirst(lane, batch);
        }
        else
            RefuseAsked(lane, batch, EnqueueReplies.Of(stopped with { Accepted = 0, Consumed = 0 }));
        return stopped.Status;
    }

    /// <summary>
    /// Refuses the records of senders that wait for a reply. Their records come after a refused one, so they must not
    /// overtake it; and their senders must not wait.
    /// </summary>
    void RefuseAsked(BufferActorLane lane, BufferActorBatch batch, IConveyorReply refusal)
    {
        lane.Refusal = refusal;
        batch.TakeAsked(
            (asker, count) =>
            {
                asker.Tell(refusal, Self);
                buffer.Left(count);
            }
        );
    }

    void Fail(BufferActorLane lane, BufferActorBatch batch, Failed failure)
    {
        RefuseAsked(lane, batch, failure);
        if (batch.IsEmpty)
            Finish(lane);
        else if (failure.Problem is Problem.Crashed or Problem.NotNow or Problem.StoreUnavailable)
            Hold(lane, EnqueueReplies.WaitsBehind(failure.Message));
        else
        {
            Lose(batch.Count, lane.Target, failure.Message);
            Finish(lane);
        }
    }

    /// <summary>The pass is done with; the next one may go.</summary>
    void Finish(BufferActorLane lane)
    {
        lane.Refusals = 0;
        lane.Done();
        Send(lane);
    }

    /// <summary>
    /// The pass is kept and offered again later. Who came since it was sent is behind it, and refused like it.
    /// </summary>
    void Hold(BufferActorLane lane, IConveyorReply refusal)
    {
        RefuseAsked(lane, lane.Open, refusal);
        lane.IsHeld = true;
        lane.Refusals++;
        if (lane.Refusals >= RefusalsToLog && lane.Out is { } kept && buffer.HeldLog.Count(kept.Count, out _))
            BufferLog.BufferActorHeld(
                Context.GetLogger(),
                buffer.Core,
                kept.Count,
                lane.Target,
                EnqueueReplies.Reason(refusal)
            );
        OfferLater(lane);
    }

    void OfferLater(BufferActorLane lane)
    {
        var wait = Math.Max(1, buffer.Settings.Retry.DelayMilliseconds(lane.Refusals, Random.Shared.NextDouble()));
        Timers.StartSingleTimer(lane, new OfferAgain(lane), TimeSpan.FromMilliseconds(wait));
    }

    void OfferNow(BufferActorLane lane)
    {
        lane.IsHeld = false;
        Pass(lane, lane.Out!);
    }

    void LoseFirst(BufferActorLane lane, BufferActorBatch batch)
    {
        var record = batch.Records.Span[0];
        batch.RemoveFirst(1, batch.Parts[0].Count == 1 ? 1 : 0);
        Lose(1, new Enqueue(lane.Target, record), "the record is too large for any limit");
    }

    /// <summary>
    /// Fire-and-forget records that no stage will ever take are not lost in silence: they are counted, and published
    /// like any message that was dropped.
    /// </summary>
    void Lose(int records, object what, string why)
    {
        buffer.Left(records, lost: true);
        if (buffer.LostLog.Count(records, out var total))
            BufferLog.BufferActorLost(Context.GetLogger(), buffer.Core, total, why);
        Context.System.EventStream.Publish(
            new Dropped(what, $"{records} {(records == 1 ? "record" : "records")} lost: {why}", Self, Self)
        );
    }
}
