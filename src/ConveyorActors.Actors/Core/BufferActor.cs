using Akka.Event;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Core;

/// <summary>
/// One core's buffer: gathers the records that were enqueued on its core, and passes them on to their stages in batches, by count or age, whichever comes first.
/// An answer that somebody waits for does not wait for more records.
/// </summary>
sealed class BufferActor(CoreBuffer buffer, IActorRef pipelines) : UntypedActor, IWithTimers
{
    readonly CoreLanes lanes = buffer.Lanes;

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(CoreBuffer buffer, IActorRef pipelines) =>
        Akka.Actor.Props.Create(() => new BufferActor(buffer, pipelines)).WithDispatcher(buffer.Settings.Dispatcher);

    /// <summary>Pass on everything now; answered with <see cref="Drained"/> when nothing is left.</summary>
    public sealed record Drain : INoSerializationVerificationNeeded;

    /// <summary>Nothing is left.</summary>
    public sealed record Drained : INoSerializationVerificationNeeded;

    sealed record Tick : INoSerializationVerificationNeeded
    {
        public static Tick Instance { get; } = new();
    }

    sealed record OfferAgain(CoreLane Lane) : INoSerializationVerificationNeeded;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Enqueue m:
                lanes.InHand = 1;
                var lane = lanes.Of(m.Target);
                if (AskerFor(lane, m, out var asker)) lane.Open.Add(m.Record, asker);
                Added(lane, asker);
                break;
            case EnqueueBatch m:
                lanes.InHand = m.Records.Length;
                var to = lanes.Of(m.Target);
                if (AskerFor(to, m, out var wants)) to.Open.Add(m.Records.Span, wants);
                Added(to, wants);
                break;
            case PartsOffered m:
                if (lanes.TakePass(m.Pass) is { } passed) Settle(passed, m);
                break;
            case Tick:
                lanes.IsTicking = false;
                SendListed();
                break;
            case OfferAgain m:
                m.Lane.IsHeld = false;
                if (m.Lane.Out is { } again) Pass(m.Lane, again);
                break;
            case Drain:
                lanes.Drainer = Sender;
                foreach (var any in lanes.All) List(any);
                SendListed();
                SayIfDrained();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    // What was gathered is in the buffer, not in this actor: the next incarnation goes on with it.
    protected override void PreRestart(Exception reason, object? message)
    {
        if (message is not ICoreCommand command || lanes.InHand == 0) return;
        Lose(lanes.InHand, command, $"the actor failed: {reason.Message}");
        lanes.InHand = 0;
        if (CoreAnswers.IsWanted(command, Sender)) Sender.Tell(Problems.Of(reason), Self);
    }

    protected override void PostRestart(Exception reason)
    {
        if (lanes.IsTicking) TickLater();
        foreach (var lane in lanes.All)
            if (lane.IsHeld) OfferLater(lane);
    }

    /// <summary>Who is owed an answer. False when it was given at once: what waits before it in line was refused, so it would be, too.</summary>
    bool AskerFor(CoreLane lane, ICoreCommand command, out IActorRef? asker)
    {
        asker = CoreAnswers.IsWanted(command, Sender) ? Sender : null;
        if (asker is null || !lane.IsHeld) return true;
        asker.Tell(lane.Refusal, Self);
        buffer.Left(command.Count);
        asker = null;
        return false;
    }

    void Added(CoreLane lane, IActorRef? asker)
    {
        lanes.InHand = 0;
        if (lane.Open.Count >= buffer.Settings.BatchSize || asker is not null || lanes.Drainer is not null)
        {
            lane.IsDue = true;
            Send(lane);
        }
        else List(lane);
    }

    void List(CoreLane lane)
    {
        if (lane.IsListed || lane.Open.Count == 0) return;
        lane.IsListed = true;
        lanes.Listed.Add(lane);
        if (lanes.IsTicking) return;
        lanes.IsTicking = true;
        TickLater();
    }

    void TickLater() => Timers.StartSingleTimer(Tick.Instance, Tick.Instance, buffer.Settings.BatchAge);

    void SendListed()
    {
        foreach (var lane in lanes.Listed)
        {
            lane.IsListed = false;
            lane.IsDue = true;
            Send(lane);
        }
        lanes.Listed.Clear();
        lanes.Tidy();
    }

    void Send(CoreLane lane)
    {
        if (lane.Next() is { } batch) Pass(lane, batch);
    }

    void Pass(CoreLane lane, CoreBatch batch)
    {
        var target = lane.Target;
        int[] parts = [.. batch.Parts.Select(p => p.Count)];
        pipelines.Tell(new BufferPartsForStage(target.Pipeline, target.Stage, target.Source, batch.Records, parts, lanes.Number(lane)), Self);
    }

    /// <summary>Gives each sender its answer, and keeps what fire-and-forget senders would lose.</summary>
    void Settle(CoreLane lane, PartsOffered answer)
    {
        var kept = lane.Out!;
        foreach (var result in answer.Results) SettleFirst(lane, kept, result);
        if (answer.Failure is { } failure) AnswerAsked(lane, kept, failure);
        if (kept.Count == 0)
        {
            lane.Refusals = 0;
            lane.Done();
            Send(lane);
        }
        else if (answer.Failure is { Problem: not (Problem.Crashed or Problem.NotNow) } wrong)
        {
            Lose(kept.Count, lane.Target, wrong.Message);
            lane.Done();
            Send(lane);
        }
        else if (answer.Failure is null && answer.Results[^1].Status is OfferStatus.TooLarge or OfferStatus.Accepted or OfferStatus.Duplicate) Pass(lane, kept);
        else if (answer.Failure is null && answer.Results[^1].Status == OfferStatus.Draining)
        {
            Lose(kept.Count, lane.Target, "the pipeline is stopping");
            lane.Done();
            Send(lane);
        }
        else Hold(lane);
        SayIfDrained();
    }

    void SettleFirst(CoreLane lane, CoreBatch batch, OfferResult result)
    {
        var part = batch.Parts[0];
        if (part.Asker is { } asker)
        {
            asker.Tell(CoreAnswers.Of(result, part.Count), Self);
            batch.RemoveFirst(part.Count, 1);
            buffer.Left(part.Count);
            if (result.Consumed < part.Count && result.Status != OfferStatus.TooLarge) RefuseAsked(lane, batch, result);
            return;
        }
        var gone = result.Consumed;
        buffer.Left(gone);
        if (gone == part.Count)
        {
            batch.RemoveFirst(gone, 1);
            return;
        }
        if (result.Status == OfferStatus.TooLarge)
        {
            Lose(1, new Enqueue(lane.Target, batch.Records.Span[gone]), "the record is too large for any limit");
            gone++;
        }
        if (gone == part.Count) batch.RemoveFirst(gone, 1);
        else
        {
            batch.ShrinkFirst(gone);
            batch.RemoveFirst(gone, 0);
        }
        if (result.Status != OfferStatus.TooLarge) RefuseAsked(lane, batch, result);
    }

    /// <summary>Who is behind a refused one in line is refused like it: it must not overtake, and it must not wait.</summary>
    void RefuseAsked(CoreLane lane, CoreBatch batch, OfferResult result) =>
        AnswerAsked(lane, batch, CoreAnswers.Of(result with { Accepted = 0, Consumed = 0 }, 1));

    void AnswerAsked(CoreLane lane, CoreBatch batch, IConveyorReply refusal)
    {
        lane.Refusal = refusal;
        batch.TakeAsked((asker, count) =>
        {
            asker.Tell(refusal, Self);
            buffer.Left(count);
        });
    }

    void Hold(CoreLane lane)
    {
        lane.IsHeld = true;
        lane.Refusals++;
        OfferLater(lane);
    }

    void OfferLater(CoreLane lane)
    {
        var wait = Math.Max(1, buffer.Settings.Retry.DelayMilliseconds(lane.Refusals, Random.Shared.NextDouble()));
        Timers.StartSingleTimer(lane, new OfferAgain(lane), TimeSpan.FromMilliseconds(wait));
    }

    /// <summary>Fire-and-forget records that no stage will ever take are not lost in silence: they are counted, and published like any message that was dropped.</summary>
    void Lose(int records, object what, string why)
    {
        buffer.Left(records, lost: true);
        Context.System.EventStream.Publish(new Dropped(what, $"{records} {(records == 1 ? "record" : "records")} lost: {why}", Self, Self));
    }

    void SayIfDrained()
    {
        if (lanes.Drainer is null || buffer.Gate.Used > 0) return;
        lanes.Drainer.Tell(new Drained(), Self);
        lanes.Drainer = null;
    }
}
