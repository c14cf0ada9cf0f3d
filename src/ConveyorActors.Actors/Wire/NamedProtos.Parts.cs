namespace ConveyorActors.Actors.Wire.Proto;

// The generated classes all have these properties; here they say so.
partial class Enqueue : ICommandProto;

partial class EnqueueBatch : ICommandProto;

partial class ConfigurePipeline : ICommandProto;

partial class PlanLimits : ICommandProto;

partial class GetGlobalUtilization : ICommandProto;

partial class GetStagesWithData : ICommandProto;

partial class GetSnapshot : ICommandProto;

partial class StopPipeline : ICommandProto;

partial class Flush : ICommandProto;

partial class CancelWait : ICommandProto;

partial class PlaceHold : ICommandProto;

partial class LiftHold : ICommandProto;

partial class SetCheckpoint : ICommandProto;

partial class GetCheckpoint : ICommandProto;

partial class SetPosition : ICommandProto;

partial class GetPosition : ICommandProto;

partial class CompleteWithCheckpoint : ICommandProto;

partial class GetPipelines : ICommandProto;

partial class ConfigureStage : ICommandProto;

partial class BufferForStage : ICommandProto;

partial class BufferBatchForStage : ICommandProto;

partial class BufferPartsForStage : ICommandProto;

partial class GetBatch : ICommandProto;

partial class Complete : ICommandProto;

partial class ReturnToBuffer : ICommandProto;

partial class DeadLetterRecords : ICommandProto;

partial class Hop : ICommandProto;

partial class Abandon : ICommandProto;

partial class Renew : ICommandProto;

partial class BeginAnew : ICommandProto;

partial class GetStageUtilization : ICommandProto;

partial class Peek : ICommandProto;

partial class GetDeadLetters : ICommandProto;

partial class ReplayDeadLetters : ICommandProto;

partial class PurgeDeadLetters : ICommandProto;

partial class RequestCredits : ICommandProto;

partial class GiveBackCredits : ICommandProto;

partial class GetAvailableCredits : ICommandProto;

partial class GetSignal : ICommandProto;

partial class Explain : ICommandProto;

partial class SubscribeSignals : ICommandProto;

partial class UnsubscribeSignals : ICommandProto;

partial class EnqueueResult : IReplyProto;

partial class SignalChanged : IReplyProto;

partial class SignalsEnded : IReplyProto;

partial class Configured : IReplyProto;

partial class HoldChanged : IReplyProto;

partial class Stored : IReplyProto;

partial class CheckpointIs : IReplyProto;

partial class PositionIs : IReplyProto;

partial class Offered : IReplyProto;

partial class PartsOffered : IReplyProto;

partial class Leased : IReplyProto;

partial class Settled : IReplyProto;

partial class Granted : IReplyProto;

partial class Count : IReplyProto;

partial class Fill : IReplyProto;

partial class NameList : IReplyProto;

partial class SignalIs : IReplyProto;

partial class Explained : IReplyProto;

partial class Peeked : IReplyProto;

partial class DeadLetterList : IReplyProto;

partial class LimitsPlanned : IReplyProto;

partial class SnapshotTaken : IReplyProto;

partial class PipelineStopped : IReplyProto;

partial class Flushed : IReplyProto;

partial class WaitCancelled : IReplyProto;

partial class BegunAnew : IReplyProto;

partial class Failed : IReplyProto;
