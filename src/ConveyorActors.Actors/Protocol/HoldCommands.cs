namespace ConveyorActors.Actors.Protocol;

/// <summary>Holds a source or a stage by hand, until <see cref="LiftHold"/>. Answered with <see cref="HoldChanged"/>.</summary>
/// <param name="Pipeline">The pipeline; it is created where there is none.</param>
/// <param name="Target">What is to be held.</param>
/// <param name="Name">The name of the source or stage, which need not exist yet.</param>
public sealed record PlaceHold(string Pipeline, HoldTarget Target, string Name) : ConveyorCommand, IPipelineCommand;

/// <summary>Lifts a hold. Answered with <see cref="HoldChanged"/>.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Target">What was held.</param>
/// <param name="Name">The name of the source or stage.</param>
public sealed record LiftHold(string Pipeline, HoldTarget Target, string Name) : ConveyorCommand, IPipelineCommand;
