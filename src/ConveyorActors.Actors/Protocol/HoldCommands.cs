namespace ConveyorActors.Actors.Protocol;

/// <summary>
/// Holds a source or a stage by hand, until <see cref="LiftHold"/>. The reply is <see cref="HoldChanged"/>.
/// </summary>
/// <param name="Pipeline">The pipeline; it is created if there is none.</param>
/// <param name="Target">Whether a source or a stage is to be held.</param>
/// <param name="Name">The name of the source or stage, which need not exist yet.</param>
public sealed record PlaceHold(string Pipeline, HoldTarget Target, string Name) : ConveyorCommand, IPipelineCommand;

/// <summary>Lifts a hold. The reply is <see cref="HoldChanged"/>.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Target">Whether a source or a stage was held.</param>
/// <param name="Name">The name of the source or stage.</param>
public sealed record LiftHold(string Pipeline, HoldTarget Target, string Name) : ConveyorCommand, IPipelineCommand;
