using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Enqueuing;

/// <summary>
/// Sends the gathered batches of a buffer actor to their stages, one pass of a lane at a time, and again after a
/// refusal.
/// </summary>
/// <remarks>Used by the buffer actor alone. The state that outlives the actor is in the lanes.</remarks>
sealed class BufferActorPasses(BufferActorState buffer, IActorRef pipelines, IActorRef self, IWithTimers actor)
{
    static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(250);

    readonly BufferActorLanes lanes = buffer.Lanes;

    /// <summary>Sent by a timer when the oldest records of the listed lanes have reached the age of a batch.</summary>
    public sealed record Tick : INoSerializationVerificationNeeded
    {
        public static Tick Instance { get; } = new();
    }

    /// <summary>Sent by a timer when the passes without a reply must be checked.</summary>
    public sealed record CheckPasses : INoSerializationVerificationNeeded
    {
        public static CheckPasses Instance { get; } = new();
    }

    /// <summary>Sent by a timer when the wait of a held lane is over.</summary>
    public sealed record RetryOffer(BufferActorLane Lane) : INoSerializationVerificationNeeded;

    /// <summary>Adds a lane to those whose gathered records the next tick sends.</summary>
    public void AddDue(BufferActorLane lane)
    {
        if (lane.IsListed || lane.Open.IsEmpty)
            return;
        lane.IsListed = true;
        lanes.Listed.Add(lane);
        if (lanes.IsTicking)
            return;
        lanes.IsTicking = true;
        ScheduleTick();
    }

    /// <summary>Sends what the listed lanes have gathered.</summary>
    public void SendListed()
    {
        foreach (var lane in lanes.Listed)
        {
            lane.IsListed = false;
            SendDue(lane);
        }
        lanes.Listed.Clear();
    }

    /// <summary>Sends what a lane has gathered as soon as no pass of it is on its way.</summary>
    public void SendDue(BufferActorLane lane)
    {
        lane.IsDue = true;
        SendNext(lane);
    }

    /// <summary>Sends the next batch of a lane, if it is due and no pass is on its way.</summary>
    public void SendNext(BufferActorLane lane)
    {
        if (lane.TakeNext() is not null)
            Send(lane);
    }

    /// <summary>Sends the batch that a lane has taken out, as a new pass.</summary>
    public void Send(BufferActorLane lane)
    {
        lanes.AssignPass(lane);
        SendCopy(lane);
        if (lanes.OnTheirWay.Count == 1)
            ScheduleCheck();
    }

    /// <summary>Sends a lane's pass, or another copy of it. The pass takes effect once.</summary>
    public void SendCopy(BufferActorLane lane)
    {
        var (target, batch) = (lane.Target, lane.Out!);
        int[] parts = [.. batch.Parts.Select(p => p.Count)];
        pipelines.Tell(
            new BufferPartsForStage(target.Pipeline, target.Stage, target.Source, batch.Records, parts, lane.Pass)
            {
                Ticket = lane.Ticket,
            },
            self
        );
    }

    /// <summary>Schedules another offer of a held lane's batch. The delay grows with the number of refusals.</summary>
    public void ScheduleOffer(BufferActorLane lane)
    {
        var wait = Math.Max(1, buffer.Settings.Retry.GetDelayMilliseconds(lane.Refusals, Random.Shared.NextDouble()));
        actor.Timers.StartSingleTimer(lane, new RetryOffer(lane), TimeSpan.FromMilliseconds(wait));
    }

    /// <summary>Offers the batch of a held lane again without further delay.</summary>
    public void OfferNow(BufferActorLane lane)
    {
        actor.Timers.Cancel(lane);
        lane.IsHeld = false;
        Send(lane);
    }

    public void ScheduleCheck()
    {
        if (!actor.Timers.IsTimerActive(CheckPasses.Instance))
            actor.Timers.StartSingleTimer(CheckPasses.Instance, CheckPasses.Instance, CheckInterval);
    }

    /// <summary>Starts the timers that the lanes need; those of an earlier incarnation have ended.</summary>
    public void RestartTimers()
    {
        if (lanes.OnTheirWay.Count > 0)
            ScheduleCheck();
        lanes.IsTicking = lanes.Listed.Count > 0;
        if (lanes.IsTicking)
            ScheduleTick();
    }

    void ScheduleTick() => actor.Timers.StartSingleTimer(Tick.Instance, Tick.Instance, buffer.Settings.BatchAge);
}
