using Akka.Streams;
using Akka.Streams.Stage;
using ConveyorActors.Streams.Leasing;

namespace ConveyorActors.Streams;

/// <summary>
/// <para>Emits when: downstream pulls and a leased record is available. A batch is leased only on downstream's demand,
/// when the previous one has been emitted.</para>
/// <para>Backpressures when: downstream does. Unsettled records do not cause backpressure: only the stage's limits
/// bound how many of them downstream may hold.</para>
/// <para>Completes when: the pipeline has stopped and all leased records have been emitted. Records that downstream has
/// not settled by then stay with their handles.</para>
/// <para>Fails when: the service fails. The emitted, unsettled records are then returned, uncharged, as when the stream
/// is terminated. When downstream fails, they are abandoned.</para>
/// </summary>
sealed class BufferSourceStage(LeaseOrigin origin, BufferSourceSettings settings)
    : GraphStage<SourceShape<LeasedRecord>>
{
    public override SourceShape<LeasedRecord> Shape { get; } = new(new("BufferSource.out"));

    protected override Attributes InitialAttributes { get; } = Attributes.CreateName("bufferSource");

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) =>
        new Logic(Shape, origin, settings);

    public override string ToString() => $"BufferSource({origin.Pipeline}/{origin.Stage})";

    sealed class Logic : TimerGraphStageLogic, IOutHandler
    {
        readonly Outlet<LeasedRecord> outlet;
        readonly StageInbox inbox;
        readonly LeasedBatches batches;

        public Logic(SourceShape<LeasedRecord> shape, LeaseOrigin origin, BufferSourceSettings settings)
            : base(shape)
        {
            outlet = shape.Outlet;
            inbox = new(GetAsyncCallback<Action>(static step => step()));
            batches = new(
                origin,
                settings,
                inbox,
                Emit,
                null,
                interval => ScheduleRepeatedly(nameof(LeasedBatches.Watch), interval)
            );
            SetHandler(outlet, this);
        }

        protected override void OnTimer(object timerKey) => batches.Watch();

        public void OnPull() => Emit();

        void Emit()
        {
            if (inbox.IsOver || !IsAvailable(outlet))
                return;
            if (batches.FindCurrent() is { } lease)
                Push(outlet, new LeasedRecord(lease, lease.TakeNext()));
            else if (batches.Failure is { } failure)
            {
                batches.Close(alsoEmitted: true);
                FailStage(failure);
            }
            else if (batches.IsExhausted)
            {
                batches.Close(alsoEmitted: false);
                CompleteStage();
            }
            else
                batches.Request();
        }

        public void OnDownstreamFinish(Exception cause)
        {
            if (Cancellation.IsNormal(cause))
                batches.Close(alsoEmitted: false);
            else
                batches.Abandon(FailureReason.Describe(cause));
            InternalOnDownstreamFinish(cause);
        }

        public override void PostStop() => inbox.Close(() => batches.Close(alsoEmitted: true));
    }
}
