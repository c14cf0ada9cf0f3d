using Akka.Streams;
using Akka.Streams.Stage;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Streams.Leasing;
using ConveyorActors.Streams.Offering;

namespace ConveyorActors.Streams;

/// <summary>
/// <para>Emits when: downstream pulls and a leased record is available. A pull completes the previous record.</para>
/// <para>Backpressures when: it holds no credit for a further record, which is the case when the stage is full; or a
/// batch is being offered and the next batch is full.</para>
/// <para>Completes when: upstream has completed and no record is pending in the stage; or downstream finishes, after
/// the gathered records have been offered.</para>
/// <para>Fails when: upstream fails (after the gathered records have been offered), the pipeline drains or stops before
/// upstream has ended, a record is too large, or the service fails.</para>
/// </summary>
sealed class BufferFlowStage(OfferTarget target, LeaseOrigin origin, BufferFlowSettings settings)
    : GraphStage<FlowShape<ConveyorRecord, ConveyorRecord>>
{
    public override FlowShape<ConveyorRecord, ConveyorRecord> Shape { get; } =
        new(new("BufferFlow.in"), new("BufferFlow.out"));

    protected override Attributes InitialAttributes { get; } = Attributes.CreateName("bufferFlow");

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) =>
        new Logic(Shape, target, origin, settings);

    public override string ToString() => $"BufferFlow({target.Pipeline}/{target.Stage})";

    sealed class Logic : TimerGraphStageLogic, IInHandler, IOutHandler
    {
        static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(100);

        readonly Inlet<ConveyorRecord> inlet;
        readonly Outlet<ConveyorRecord> outlet;
        readonly LeaseOrigin origin;
        readonly BufferFlowSettings settings;
        readonly StageInbox inbox;
        readonly CreditedOffers offers;
        readonly LeasedBatches batches;
        readonly HeldRecord inHand;
        Exception? failure;
        bool hasUpstreamEnded,
            hasDownstreamEnded,
            isChecking,
            isDone;

        public Logic(
            FlowShape<ConveyorRecord, ConveyorRecord> shape,
            OfferTarget target,
            LeaseOrigin origin,
            BufferFlowSettings settings
        )
            : base(shape)
        {
            inlet = shape.Inlet;
            outlet = shape.Outlet;
            this.origin = origin;
            this.settings = settings;
            inbox = new(GetAsyncCallback<Action>(static step => step()));
            offers = new(target, settings.In, inbox, Check);
            inHand = new(inbox);
            batches = new(
                origin,
                settings.Out,
                inbox,
                Check,
                inHand,
                interval => ScheduleRepeatedly(nameof(LeasedBatches), interval)
            );
            SetHandler(inlet, this);
            SetHandler(outlet, this);
        }

        public override void PreStart()
        {
            SetKeepGoing(true); // gathered records are still offered when downstream has finished
            ScheduleRepeatedly(nameof(CreditedOffers), settings.In.CreditTimeToLive / 2);
            offers.Start();
        }

        protected override void OnTimer(object timerKey)
        {
            if (Equals(timerKey, nameof(CreditedOffers)))
                offers.Renew();
            else if (Equals(timerKey, nameof(LeasedBatches)))
                batches.Watch();
            else
                Check();
        }

        public void OnPush()
        {
            offers.Add(Grab(inlet));
            Check();
        }

        public void OnUpstreamFinish()
        {
            hasUpstreamEnded = true;
            offers.Finish();
        }

        public void OnUpstreamFailure(Exception e)
        {
            failure = e;
            OnUpstreamFinish();
        }

        public void OnPull()
        {
            inHand.Complete();
            Check();
        }

        public void OnDownstreamFinish(Exception cause)
        {
            hasDownstreamEnded = true;
            if (!Cancellation.IsNormal(cause))
                inHand.Return(FailureReason.Describe(cause));
            batches.Close(alsoEmitted: true);
            Cancel(inlet, cause);
            OnUpstreamFinish();
        }

        void Check()
        {
            if (isDone)
                return;
            if (inbox.IsOver)
            {
                if (offers.IsFinished || offers.Failure is not null)
                    End(null);
            }
            else if ((offers.Failure ?? batches.Failure) is { } callFailure)
                End(callFailure);
            else if (hasUpstreamEnded && offers.IsEmpty && (failure is not null || hasDownstreamEnded))
                End(failure);
            else
            {
                if (!hasUpstreamEnded && offers.HasRoom && !HasBeenPulled(inlet))
                    Pull(inlet);
                if (!hasDownstreamEnded)
                    Emit();
            }
        }

        void Emit()
        {
            if (IsAvailable(outlet) && batches.FindCurrent() is { } lease)
                Push(outlet, inHand.Take(lease));
            else if (batches.IsExhausted)
                End(hasUpstreamEnded && offers.IsEmpty ? null : offers.CreateDrainingError());
            else
            {
                if (IsAvailable(outlet))
                    batches.Request();
                if (hasUpstreamEnded && offers.IsEmpty && inHand.IsEmpty)
                    CheckDrained();
            }
        }

        /// <summary>
        /// Checks whether the stage has become empty. There is no notification, because other consumers may hold, drop
        /// or dead-letter its records; so the stage is polled, but only after upstream has ended.
        /// </summary>
        void CheckDrained()
        {
            if (isChecking)
                return;
            isChecking = true;
            inHand.CompleteDone();
            inbox.Await(() => origin.Service.GetSnapshotAsync(origin.Pipeline), OnSnapshot, OnSnapshotFailed);
        }

        void OnSnapshot(PipelineSnapshot snapshot)
        {
            isChecking = false;
            if (inbox.IsOver || isDone)
                return;
            if (snapshot.Stages.All(s => s.Stage != origin.Stage || s.Level.Pending == 0))
                End(null);
            else if (!IsTimerActive(nameof(CheckDrained)))
                ScheduleOnce(nameof(CheckDrained), CheckInterval);
        }

        void OnSnapshotFailed(Exception e)
        {
            failure = e;
            Check();
        }

        void End(Exception? reason)
        {
            isDone = true;
            batches.Close(alsoEmitted: true);
            offers.Close();
            if (inbox.IsOver)
                return;
            if (reason is null)
                CompleteStage();
            else
                FailStage(reason);
        }

        public override void PostStop() =>
            inbox.Close(() =>
            {
                batches.Close(alsoEmitted: true);
                if (!isDone)
                    offers.Abandon();
            });
    }
}
