using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Pipelines;

static class CommandValidator
{
    /// <summary>
    /// Refuses a command with a missing or wrong part before it has any effect. Stage and source are validated where their
    /// actors are found.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// A part is missing or out of its range; the message names it.
    /// </exception>
    public static void Validate(IPipelineCommand command)
    {
        switch (command)
        {
            case BufferForStage { Source: null }
            or BufferBatchForStage { Source: null }
            or BufferPartsForStage { Source: null }:
                throw CreateNullError("Source", "the name of the source whose records they are");
            case BufferForStage { Record: null }:
                throw CreateNullError("Record", "a record");
            case BufferPartsForStage { Parts: null }:
                throw CreateNullError("Parts", "the number of records of each part");
            case Abandon { Leases: null }:
                throw CreateNullError("Leases", "the ids of the leases");
            case ReturnToBuffer { Reason: null }
            or DeadLetterRecords { Reason: null }
            or Abandon { Reason: null }
            or BeginAnew { Reason: null }:
                throw CreateNullError("Reason", "a text that says why");
            case Hop { TargetStage: null }:
                throw CreateNullError("TargetStage", "the name of the stage that the results are for");
            case ConfigurePipeline { Settings: null }
            or ConfigureStage { Settings: null }
            or PlanLimits { Settings: null }:
                throw CreateNullError("Settings", "the settings");
            case RequestCredits { Stage: null }:
                throw CreateNullError("Stage", "the name of the stage to offer to");
            case GiveBackCredits { Grant: var grant }:
                Amounts.Validate(grant, "Grant");
                break;
            case SubscribeSignals { Subscriber: null } or UnsubscribeSignals { Subscriber: null }:
                throw CreateNullError("Subscriber", "the actor that gets the signals");
            case PlaceHold { Name: null } or LiftHold { Name: null }:
                throw CreateNullError("Name", "the name of the source or stage to pause or resume");
            case SetCheckpoint { Checkpoint: null } or CompleteWithCheckpoint { Checkpoint: null }:
                throw CreateNullError("Checkpoint", "a checkpoint with a key and a value");
            case GetCheckpoint { Key: null }:
                throw CreateNullError("Key", "the key of a checkpoint");
            case SetPosition { ReadSource: null } or GetPosition { ReadSource: null }:
                throw CreateNullError("ReadSource", "the name of the source that is read");
            case CancelWait { Stage: null, Source: null }:
                throw CreateNullError("Stage", "the stage that was asked, or Source the source");
            case CancelWait { Wait: var wait } when wait == Guid.Empty:
                throw new ArgumentException(
                    $"Wait is {wait}; it must be the id that the command that waits was given.",
                    "Wait"
                );
            default:
                ValidateNumbers(command);
                break;
        }
    }

    static void ValidateNumbers(IPipelineCommand command)
    {
        switch (command)
        {
            case RequestCredits credits:
                Amounts.ValidateRecords(credits.Records, "Records");
                Amounts.ValidateBytes(credits.BytesPerRecord, "BytesPerRecord");
                Durations.ValidatePositive(credits.TimeToLive, "TimeToLive");
                break;
            case GetBatch { Request: var request }:
                Amounts.Validate(request, "Request");
                break;
            case Peek { Max: var max }:
                Amounts.ValidateRecords(max, "Max");
                break;
            case GetDeadLetters { Max: var max }:
                Amounts.ValidateRecords(max, "Max");
                break;
            case ReplayDeadLetters { Max: var max }:
                Amounts.ValidateRecords(max, "Max");
                break;
            case PurgeDeadLetters { Max: var max }:
                Amounts.ValidateRecords(max, "Max");
                break;
        }
    }

    static ArgumentNullException CreateNullError(string what, string right) =>
        new(what, $"{what} is null; it must be {right}.");
}
