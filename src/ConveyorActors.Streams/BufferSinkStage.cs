using Akka.Streams;
using Akka.Streams.Stage;
using ConveyorActors.Buffers;
using ConveyorActors.Streams.Offering;

namespace ConveyorActors.Streams;

/// <summary>
/// <para>Emits when: never; it is a sink. Records are offered to the buffer's stage in batches, as soon as upstream
/// pauses or a batch is full.</para>
/// <para>Backpressures when: it holds no credit for a further record, or a whole batch has gathered while an offer is
/// under way.</para>
/// <para>Completes when: upstream has completed and every record has a result. If upstream fails, it fails likewise,
/// after all gathered records have a result.</para>
/// <para>Fails when: the pipeline drains or has stopped, a record is too large for any limit (unless the settings skip
/// it), or the service fails.</para>
/// </summary>
sealed class BufferSinkStage(OfferTarget target, BufferSinkSettings settings)
    : GraphStageWithMaterializedValue<SinkShape<ConveyorRecord>, Task<BufferSinkCounts>>
{
    public override SinkShape<ConveyorRecord> Shape { get; } = new(new("BufferSink.in"));

    protected override Attributes InitialAttributes { get; } = Attributes.CreateName("bufferSink");

    public override ILogicAndMaterializedValue<Task<BufferSinkCounts>> CreateLogicAndMaterializedValue(
        Attributes inheritedAttributes
    )
    {
        var counts = new TaskCompletionSource<BufferSinkCounts>(TaskCreationOptions.RunContinuationsAsynchronously);
        return new LogicAndMaterializedValue<Task<BufferSinkCounts>>(
            new Logic(Shape, target, settings, counts),
            counts.Task
        );
    }

    public override string ToString() => $"BufferSink({target.Pipeline}/{target.Stage})";

    sealed class Logic : TimerGraphStageLogic, IInHandler
    {
        readonly Inlet<ConveyorRecord> inlet;
        readonly OfferTarget target;
        readonly BufferSinkSettings settings;
        readonly TaskCompletionSource<BufferSinkCounts> counts;
        readonly StageInbox inbox;
        readonly CreditedOffers offers;
        Exception? upstreamFailure;
        bool hasUpstreamEnded;
        bool isDone;

        public Logic(
            SinkShape<ConveyorRecord> shape,
            OfferTarget target,
            BufferSinkSettings settings,
            TaskCompletionSource<BufferSinkCounts> counts
        )
            : base(shape)
        {
            inlet = shape.Inlet;
            this.target = target;
            this.settings = settings;
            this.counts = counts;
            inbox = new(GetAsyncCallback<Action>(static step => step()));
            offers = new(target, settings, inbox, Check);
            SetHandler(inlet, this);
        }

        public override void PreStart()
        {
            SetKeepGoing(true); // there may be records left to offer when upstream has completed
            ScheduleRepeatedly(nameof(CreditedOffers.Renew), settings.CreditTimeToLive / 2);
            offers.Start();
        }

        protected override void OnTimer(object timerKey) => offers.Renew();

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
            upstreamFailure = e;
            OnUpstreamFinish();
        }

        void Check()
        {
            if (isDone)
                return;
            if (inbox.IsOver)
                CheckAbandoned();
            else if (offers.Failure is { } failure)
                End(failure);
            else if (hasUpstreamEnded)
            {
                if (offers.IsEmpty)
                    End(upstreamFailure);
            }
            else if (offers.HasRoom && !HasBeenPulled(inlet))
                Pull(inlet);
        }

        void End(Exception? failure)
        {
            isDone = true;
            offers.Close();
            if (failure is null)
            {
                counts.TrySetResult(offers.Counts);
                CompleteStage();
            }
            else
            {
                counts.TrySetException(failure);
                FailStage(failure);
            }
        }

        public override void PostStop() =>
            inbox.Close(() =>
            {
                if (!isDone)
                    offers.Abandon();
            });

        void CheckAbandoned()
        {
            if (!offers.IsFinished && offers.Failure is null)
                return;
            isDone = true;
            offers.Close();
            counts.TrySetException(
                upstreamFailure
                    ?? offers.Failure
                    ?? new StreamTerminatedException(
                        target.Stage,
                        offers.Counts.Accepted,
                        offers.Left,
                        new AbruptStageTerminationException(this)
                    )
            );
        }
    }
}
