using Akka.Streams;
using Akka.Streams.Stage;
using ConveyorActors.Buffers;
using ConveyorActors.Streams.Leasing;

namespace ConveyorActors.Streams;

/// <summary>
/// <para>Emits when: downstream asks and a leased record is there. Asking for a record completes the one before
/// it.</para>
/// <para>Backpressures when: downstream does; a batch is leased only on downstream's demand, when the one before has
/// been emitted.</para>
/// <para>Completes when: the pipeline has stopped and what was leased has been emitted. When downstream finishes
/// without asking beyond its last record, that one goes back, uncharged.</para>
/// <para>Fails when: the service fails. When downstream fails, the record it was given last is returned with a retry
/// charged; all others go back uncharged.</para>
/// </summary>
/// <remarks>
/// Only a pull proves that downstream took the record before. A stage that finishes may have processed its last record,
/// as Take has, or may never have looked at it, as a kill switch that was shut while the record was on its way; the two
/// cannot be told apart, and a record must not be lost.
/// </remarks>
sealed class CompletingSourceStage(LeaseOrigin origin, BufferSourceSettings settings)
    : GraphStage<SourceShape<ConveyorRecord>>
{
    public override SourceShape<ConveyorRecord> Shape { get; } = new(new("CompletingBufferSource.out"));

    protected override Attributes InitialAttributes { get; } = Attributes.CreateName("completingBufferSource");

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) =>
        new Logic(Shape, origin, settings);

    public override string ToString() => $"CompletingBufferSource({origin.Pipeline}/{origin.Stage})";

    sealed class Logic : TimerGraphStageLogic, IOutHandler
    {
        readonly Outlet<ConveyorRecord> outlet;
        readonly StageInbox inbox;
        readonly LeasedBatches batches;
        readonly HeldRecord inHand;

        public Logic(SourceShape<ConveyorRecord> shape, LeaseOrigin origin, BufferSourceSettings settings)
            : base(shape)
        {
            outlet = shape.Outlet;
            inbox = new(GetAsyncCallback<Action>(static step => step()));
            inHand = new(inbox);
            batches = new(
                origin,
                settings,
                inbox,
                Emit,
                inHand,
                interval => ScheduleRepeatedly(nameof(LeasedBatches.Watch), interval)
            );
            SetHandler(outlet, this);
        }

        protected override void OnTimer(object timerKey) => batches.Watch();

        public void OnPull()
        {
            inHand.Complete();
            Emit();
        }

        void Emit()
        {
            if (inbox.IsOver || !IsAvailable(outlet))
                return;
            if (batches.Current() is { } lease)
                Push(outlet, inHand.Take(lease));
            else if (batches.Failure is { } failure)
                FailStage(failure);
            else if (batches.IsExhausted)
                CompleteStage();
            else
                batches.Ask();
        }

        public void OnDownstreamFinish(Exception cause)
        {
            if (!Cancellation.IsNormal(cause))
                inHand.Return(cause.Message);
            InternalOnDownstreamFinish(cause);
        }

        public override void PostStop() => inbox.Close(() => batches.Close(alsoEmitted: true));
    }
}
