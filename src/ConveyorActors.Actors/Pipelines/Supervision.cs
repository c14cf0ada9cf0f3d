namespace ConveyorActors.Actors.Pipelines;

static class Supervision
{
    /// <summary>
    /// Whatever an actor failed on, it goes on with the next message: its state is not in it. One that cannot even be made is stopped, and made anew on its
    /// next message; trying at once would try for ever.
    /// </summary>
    public static SupervisorStrategy RestartAlways { get; } = new OneForOneStrategy(
        maxNrOfRetries: -1, withinTimeRange: Timeout.InfiniteTimeSpan,
        localOnlyDecider: static failure => failure is ActorInitializationException ? Directive.Stop : Directive.Restart);
}
