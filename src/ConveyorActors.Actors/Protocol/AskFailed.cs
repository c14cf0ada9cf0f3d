namespace ConveyorActors.Actors.Protocol;

/// <summary>
/// A failure on its way to a program that asks on another node, where it arrives as <see cref="Status.Failure"/>.
/// </summary>
sealed record AskFailed(Failed Failed);
