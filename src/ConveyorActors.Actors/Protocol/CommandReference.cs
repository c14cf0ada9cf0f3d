namespace ConveyorActors.Actors.Protocol;

/// <summary>Identifies a command in the reply to it.</summary>
/// <param name="Command">The name of the command's type, such as <c>nameof(Complete)</c>.</param>
public sealed record CommandReference(string Command)
{
    /// <summary>Gets the pipeline that the command was for; null: none.</summary>
    public string? Pipeline { get; init; }

    /// <summary>Gets the stage that the command was for; null: none.</summary>
    public string? Stage { get; init; }

    /// <summary>Gets the source that the command was for; null: none.</summary>
    public string? Source { get; init; }

    /// <summary>Gets the lease that the command settled or renewed; 0: none.</summary>
    public long Lease { get; init; }

    /// <summary>Gets the wait that the command named (<see cref="IWaitingCommand.Wait"/>); empty: none.</summary>
    public Guid Wait { get; init; }

    /// <summary>Gets the correlation id that the sender gave the command; null: none.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>Returns the reference of a command. Parts that the command lacks are left out.</summary>
    internal static CommandReference From(object command) =>
        new(command.GetType().Name)
        {
            Pipeline = command switch
            {
                IPipelineCommand c => c.Pipeline,
                IEnqueueCommand c => c.Target.Pipeline,
                _ => null,
            },
            Stage = command switch
            {
                IStageCommand c => c.Stage,
                RequestCredits c => c.Stage,
                GetAvailableCredits c => c.Stage,
                GiveBackCredits c => c.Grant?.StageId,
                CancelWait c => c.Stage,
                IEnqueueCommand c => c.Target.Stage,
                _ => null,
            },
            Source = command switch
            {
                GiveBackCredits { Grant: null } => null,
                ISourceCommand c => c.Source,
                BufferForStage c => c.Source,
                BufferBatchForStage c => c.Source,
                CancelWait c => c.Source,
                IEnqueueCommand c => c.Target.Source,
                _ => null,
            },
            Lease = command switch
            {
                Complete c => c.Lease,
                ReturnToBuffer c => c.Lease,
                DeadLetterRecords c => c.Lease,
                Hop c => c.Lease,
                Renew c => c.Lease,
                Abandon { Leases: [var only] } => only,
                _ => 0,
            },
            Wait = command switch
            {
                IWaitingCommand c => c.Wait,
                CancelWait c => c.Wait,
                _ => default,
            },
            CorrelationId = (command as ConveyorCommand)?.CorrelationId,
        };
}
