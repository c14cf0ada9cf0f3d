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
                return ReplyWith(empty.GetSnapshotAsync(m.Pipeline), static r => new SnapshotTaken(r));
            case GetGlobalUtilization m:
                return ReplyWith(empty.GetGlobalUtilizationAsync(m.Pipeline), static r => new Fill(r));
            case GetStagesWithData m:
                return ReplyWith(empty.GetStagesWithDataAsync(m.Pipeline), static r => new NameList(r));
            case Flush m:
                return ReplyWith(empty.FlushAsync(m.Pipeline), static r => new Flushed(r));
            case PlanLimits m:
                return ReplyWith(empty.PlanLimitsAsync(m.Pipeline, m.Settings), static r => new LimitsPlanned(r));
            case LiftHold m:
                return ReplyWith(empty.ResumeAsync(m.Pipeline, m.Target, m.Name), static r => new HoldChanged(r));
            case GetCheckpoint m:
                return ReplyWith(empty.GetCheckpointAsync(m.Pipeline, m.Key), static r => new CheckpointIs(r));
            case GetPosition m:
                return ReplyWith(
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
                return ReplyWith(empty.GetStageUtilizationAsync(pipeline, GetStage(command)), static r => new Fill(r));
            case Peek m:
                return ReplyWith(empty.PeekAsync(pipeline, GetStage(command), m.Max), static r => new Peeked(r));
            case GetDeadLetters m:
                return ReplyWith(
                    empty.GetDeadLettersAsync(pipeline, GetStage(command), m.Max),
                    static r => new DeadLetterList(r)
                );
            case ReplayDeadLetters m:
                return ReplyWith(
                    empty.ReplayDeadLettersAsync(pipeline, GetStage(command), m.Max),
                    static r => new Count(r)
                );
            case PurgeDeadLetters m:
                return ReplyWith(
                    empty.PurgeDeadLettersAsync(pipeline, GetStage(command), m.Max),
                    static r => new Count(r)
                );
            case GetBatch { Request.Wait: false } m:
                return ReplyWith(
                    empty.GetBatchAsync(pipeline, GetStage(command), m.Request),
                    static r => new Leased(r)
                );
            case BeginAnew:
                GetStage(command);
                return new(new BegunAnew(0, 0));
            default:
                return QueryLease(empty, command) is { } settling
                    ? ReplyWith(settling, static r => new Settled(r))
                    : null;
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
            Complete m => empty.CompleteAsync(pipeline, GetStage(m), m.Lease, m.Sequences),
            CompleteWithCheckpoint m => empty.CompleteAsync(pipeline, GetStage(m), m.Lease, m.Sequences, m.Checkpoint),
            ReturnToBuffer m => empty.ReturnToBufferAsync(
                pipeline,
                GetStage(m),
                m.Lease,
                m.Sequences,
                m.Reason,
                m.Charge
            ),
            DeadLetterRecords m => empty.DeadLetterAsync(pipeline, GetStage(m), m.Lease, m.Sequences, m.Reason),
            Hop { WaitForResults: false } m => empty.StartHopAsync(
                pipeline,
                GetStage(m),
                m.Lease,
                m.Sequences,
                m.TargetStage,
                m.Results
            ),
            Hop m => empty.HopAsync(pipeline, GetStage(m), m.Lease, m.Sequences, m.TargetStage, m.Results),
            Renew m => empty.RenewAsync(pipeline, GetStage(m), m.Lease),
            Abandon m => empty.AbandonAsync(pipeline, GetStage(m), m.Leases, m.Reason),
            _ => null,
        };
    }

    static string GetStage(IStageCommand command) => Names.Validate(command.Stage, "stage");

    static ValueTask<IConveyorReply>? QuerySource(IBufferService empty, ISourceCommand command)
    {
        var (pipeline, source) = (command.Pipeline, command.Source);
        switch (command)
        {
            case GetSignal:
                return ReplyWith(
                    empty.GetSignalAsync(pipeline, Names.Validate(source, "source")),
                    static r => new SignalIs(r)
                );
            case Explain:
                return ReplyWith(
                    empty.ExplainAsync(pipeline, Names.Validate(source, "source")),
                    static r => new Explained(r)
                );
            case GetAvailableCredits m:
                return ReplyWith(
                    empty.AvailableCreditsAsync(pipeline, m.Stage, Names.Validate(source, "source")),
                    static r => new Count(r)
                );
            case GiveBackCredits m:
                return ReplyWith(empty.GiveBackCreditsAsync(pipeline, m.Grant), static r => new Count(r));
            default:
                return null;
        }
    }

    static ValueTask<IConveyorReply> ReplyWith<T>(ValueTask<T> reply, Func<T, IConveyorReply> shape)
    {
        return reply.IsCompletedSuccessfully ? new(shape(reply.Result)) : WaitAsync(reply, shape);

        static async ValueTask<IConveyorReply> WaitAsync(ValueTask<T> reply, Func<T, IConveyorReply> shape) =>
            shape(await reply.ConfigureAwait(false));
    }
}
