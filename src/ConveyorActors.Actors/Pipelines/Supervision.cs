using Akka.Event;

namespace ConveyorActors.Actors.Pipelines;

static class Supervision
{
    /// <summary>
    /// Whatever an actor failed on, it goes on with the next message: its state is not in it. One that cannot even be
    /// made is stopped, and made anew on its next message; trying at once would try for ever.
    /// </summary>
    public static SupervisorStrategy RestartAlways { get; } =
        new OneForOneStrategy(
            maxNrOfRetries: -1,
            withinTimeRange: Timeout.InfiniteTimeSpan,
            localOnlyDecider: static failure =>
                failure is ActorInitializationException ? Directive.Stop : Directive.Restart
        );

    /// <summary>
    /// Says that an actor was stopped by something other than its parent, and what was done about it.
    /// </summary>
    public static void LogStop(ILoggingAdapter log, IActorRef stopped, bool isCreatedAgain, int unread) =>
        log.Warning(
            isCreatedAgain
                ? "{0} was stopped by hand. It was created again; its records, waits and leases go on, and {1} messages that it had not read were passed on."
                : "{0} was stopped by hand. It had nothing to look after and is created again on its next message; {1} messages that it had not read were answered as failed.",
            stopped.Path,
            unread
        );
}
