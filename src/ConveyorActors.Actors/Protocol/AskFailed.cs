namespace ConveyorActors.Actors.Protocol;

/// <summary>
/// A failure reply to an <c>Ask</c> from another node, where it arrives as <see cref="Status.Failure"/>.
/// </summary>
sealed record AskFailed(Failed Failed);
