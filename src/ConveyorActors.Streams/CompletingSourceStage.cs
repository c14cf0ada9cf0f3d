using Akka.Streams;
using Akka.Streams.Stage;
using ConveyorActors.Buffers;
using ConveyorActors.Streams.Leasing;

namespace ConveyorActors.Streams;

/// <summary>
/// <para>Emits when: downstream pulls and a leased record is available. A pull completes the previous record.</para>
/// <para>Backpressures when: downstream does. A batch is leased only on downstream's demand, when the previous one has
/// been emitted.</para>
/// <para>Completes when: the pipeline has stopped and all leased records have been emitted. If downstream finishes
/// without pulling beyond its last record, that record is returned, uncharged.</para>
/// <para>Fails when: the service fails. When downstream fails, the last record that it was given is returned with a
/// retry charged; all others are returned uncharged.</para>
/// </summary>
/// <remarks>
/// Only a pull proves that downstream has processed the previous record. A stage that finishes may have processed its
/// last record, as Take has, or may never have received it, as a kill switch that was shut while the record was on its
/// way. The two cases cannot be distinguished, and a record must not be lost.
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
            if (batches.FindCurrent() is { } lease)
                Push(outlet, inHand.Take(lease));
            else if (batches.Failure is { } failure)
                FailStage(failure);
            else if (batches.IsExhausted)
                CompleteStage();
            else
                batches.Request();
        }

        public void OnDownstreamFinish(Exception cause)
        {
            if (!Cancellation.IsNormal(cause))
                inHand.Return(FailureReason.Describe(cause));
            InternalOnDownstreamFinish(cause);
        }

        public override void PostStop() => inbox.Close(() => batches.Close(alsoEmitted: true));
    }
}
