using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// Replies to commands that find nothing in a pipeline that does not exist: questions, and commands that settle or
/// return records that were never there. Such commands do not create the pipeline.
/// </summary>
static class PipelineQueries
{
    /// <summary>Gets a service without pipelines.</summary>
    public static IBufferService Nothing { get; } = new EmbeddedBufferService { IsMeasured = false };

    /// <summary>
    /// Returns whether a command uses its pipeline, stage or source. A command that only asks does not keep it from
    /// being idle.
    /// </summary>
    public static bool Uses(object command) =>
        command
            is not (
                GetSnapshot
                or GetGlobalUtilization
                or GetStagesWithData
                or PlanLimits
                or GetStageUtilization
                or Peek
                or GetDeadLetters
                or GetSignal
                or Explain
                or GetAvailableCredits
                or GetCheckpoint
                or GetPosition
            );

    /// <summary>Returns an empty pipeline's reply to a command; null: the command creates the pipeline.</summary>
    public static ValueTask<IConveyorReply>? Query(IBufferService empty, IPipelineCommand command)
    {
        switch (command)
        {
            case GetSnapshot m:
                return Of(empty.GetSnapshotAsync(m.Pipeline), static r => new SnapshotTaken(r));
            case GetGlobalUtilization m:
                return Of(empty.GetGlobalUtilizationAsync(m.Pipeline), static r => new Fill(r));
            case GetStagesWithData m:
                return Of(empty.GetStagesWithDataAsync(m.Pipeline), static r => new NameList(r));
            case Flush m:
                return Of(empty.FlushAsync(m.Pipeline), static r => new Flushed(r));
            case PlanLimits m:
                return Of(empty.PlanLimitsAsync(m.Pipeline, m.Settings), static r => new LimitsPlanned(r));
            case LiftHold m:
                return Of(empty.ResumeAsync(m.Pipeline, m.Target, m.Name), static r => new HoldChanged(r));
            case GetCheckpoint m:
                return Of(empty.GetCheckpointAsync(m.Pipeline, m.Key), static r => new CheckpointIs(r));
            case GetPosition m:
                return Of(
                    empty.GetPositionAsync(m.Pipeline, Names.Validate(m.ReadSource, "source")),
                    static r => new PositionIs(r)
                );
            case IStageCommand m:
                return QueryStage(empty, m);
            case ISourceCommand m:
                return QuerySource(empty, m);
            default:
                return null;
        }
    }

    static ValueTask<IConveyorReply>? QueryStage(IBufferService empty, IStageCommand command)
    {
        var pipeline = command.Pipeline;
        switch (command)
        {
            case GetStageUtilization:
                return Of(empty.GetStageUtilizationAsync(pipeline, StageOf(command)), static r => new Fill(r));
            case Peek m:
                return Of(empty.PeekAsync(pipeline, StageOf(command), m.Max), static r => new Peeked(r));
            case GetDeadLetters m:
                return Of(
                    empty.GetDeadLettersAsync(pipeline, StageOf(command), m.Max),
                    static r => new DeadLetterList(r)
                );
            case ReplayDeadLetters m:
                return Of(empty.ReplayDeadLettersAsync(pipeline, StageOf(command), m.Max), static r => new Count(r));
            case PurgeDeadLetters m:
                return Of(empty.PurgeDeadLettersAsync(pipeline, StageOf(command), m.Max), static r => new Count(r));
            case GetBatch { Request.Wait: false } m:
                return Of(empty.GetBatchAsync(pipeline, StageOf(command), m.Request), static r => new Leased(r));
            case BeginAnew:
                StageOf(command);
                return new(new BegunAnew(0, 0));
            default:
                return QueryLease(empty, command) is { } settling ? Of(settling, static r => new Settled(r)) : null;
        }
    }

    /// <summary>
    /// Returns the result of a command about a lease that never existed; null: it is another command.
    /// </summary>
    static ValueTask<SettleResult>? QueryLease(IBufferService empty, IStageCommand command)
    {
        var pipeline = command.Pipeline;
        return command switch
        {
            Complete m => empty.CompleteAsync(pipeline, StageOf(m), m.Lease, m.Sequences),
            CompleteWithCheckpoint m => empty.CompleteAsync(pipeline, StageOf(m), m.Lease, m.Sequences, m.Checkpoint),
            ReturnToBuffer m => empty.ReturnToBufferAsync(
                pipeline,
                StageOf(m),
                m.Lease,
                m.Sequences,
                m.Reason,
                m.Charge
            ),
            DeadLetterRecords m => empty.DeadLetterAsync(pipeline, StageOf(m), m.Lease, m.Sequences, m.Reason),
            Hop { WaitForResults: false } m => empty.StartHopAsync(
                pipeline,
                StageOf(m),
                m.Lease,
                m.Sequences,
                m.TargetStage,
                m.Results
            ),
            Hop m => empty.HopAsync(pipeline, StageOf(m), m.Lease, m.Sequences, m.TargetStage, m.Results),
            Renew m => empty.RenewAsync(pipeline, StageOf(m), m.Lease),
            Abandon m => empty.AbandonAsync(pipeline, StageOf(m), m.Leases, m.Reason),
            _ => null,
        };
    }

    static string StageOf(IStageCommand command) => Names.Validate(command.Stage, "stage");

    static ValueTask<IConveyorReply>? QuerySource(IBufferService empty, ISourceCommand command)
    {
        var (pipeline, source) = (command.Pipeline, command.Source);
        switch (command)
        {
            case GetSignal:
                return Of(
                    empty.GetSignalAsync(pipeline, Names.Validate(source, "source")),
                    static r => new SignalIs(r)
                );
            case Explain:
                return Of(empty.ExplainAsync(pipeline, Names.Validate(source, "source")), static r => new Explained(r));
            case GetAvailableCredits m:
                return Of(
                    empty.AvailableCreditsAsync(pipeline, m.Stage, Names.Validate(source, "source")),
                    static r => new Count(r)
                );
            case GiveBackCredits m:
                return Of(empty.GiveBackCreditsAsync(pipeline, m.Grant), static r => new Count(r));
            default:
                return null;
        }
    }

    static ValueTask<IConveyorReply> Of<T>(ValueTask<T> reply, Func<T, IConveyorReply> shape)
    {
        return reply.IsCompletedSuccessfully ? new(shape(reply.Result)) : WaitAsync(reply, shape);

        static async ValueTask<IConveyorReply> WaitAsync(ValueTask<T> reply, Func<T, IConveyorReply> shape) =>
            shape(await reply.ConfigureAwait(false));
    }
}
