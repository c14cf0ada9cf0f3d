namespace ConveyorActors.Actors.Protocol;

/// <summary>
/// Places an operator's hold on a source or a stage, until <see cref="LiftHold"/>. The reply is
/// <see cref="HoldChanged"/>.
/// </summary>
/// <param name="Pipeline">The pipeline; it is created if it does not exist.</param>
/// <param name="Target">Whether to hold a source or a stage.</param>
/// <param name="Name">The name of the source or stage, which need not exist yet.</param>
public sealed record PlaceHold(string Pipeline, HoldTarget Target, string Name) : ConveyorCommand, IPipelineCommand;

/// <summary>Lifts an operator's hold. The reply is <see cref="HoldChanged"/>.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Target">Whether to release a source or a stage.</param>
/// <param name="Name">The name of the source or stage.</param>
public sealed record LiftHold(string Pipeline, HoldTarget Target, string Name) : ConveyorCommand, IPipelineCommand;
