using Akka.Event;

namespace ConveyorActors.Actors.Pipelines;

static class Supervision
{
    /// <summary>
    /// Gets the strategy that restarts an actor after any failure, because the actor's state is kept outside it. An
    /// actor that cannot be created is stopped, and created again on its next message; an immediate retry could repeat
    /// forever.
    /// </summary>
    public static SupervisorStrategy RestartAlways { get; } =
        new OneForOneStrategy(
            maxNrOfRetries: -1,
            withinTimeRange: Timeout.InfiniteTimeSpan,
            localOnlyDecider: static failure =>
                failure is ActorInitializationException ? Directive.Stop : Directive.Restart
        );

    /// <summary>
    /// Logs that an actor was stopped by something other than its parent, and how its work continues.
    /// </summary>
    public static void LogStop(ILoggingAdapter log, IActorRef stopped, bool isCreatedAgain, int unread) =>
        log.Warning(
            isCreatedAgain
                ? "{0} was stopped by hand. It was created again; its records, waits and leases are kept, and {1} messages that it had not read were passed on."
                : "{0} was stopped by hand. It had no work and is created again on its next message; {1} messages that it had not read got a failure as their reply.",
            stopped.Path,
            unread
        );
}
