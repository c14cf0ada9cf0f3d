using Akka.Configuration;
using Akka.Event;

namespace ConveyorActors.Actors;

/// <summary>The phase of coordinated shutdown in which the buffers stop, and its timeout.</summary>
static class ShutdownPhase
{
    const string Phase = CoordinatedShutdown.PhaseServiceRequestsDone;
    const string TimeoutKey = $"akka.coordinated-shutdown.phases.{Phase}.timeout";

    /// <summary>
    /// Returns the phase's timeout that a stop with a given deadline needs. The last replies and the report take time
    /// after the deadline.
    /// </summary>
    public static TimeSpan GetNeededTimeout(TimeSpan stopDeadline) => stopDeadline * 1.25 + TimeSpan.FromSeconds(5);

    /// <summary>
    /// Returns configuration that sets the phase's timeout where no other configuration does. Must be injected before
    /// coordinated shutdown is first used.
    /// </summary>
    public static Config CreateFallback(TimeSpan stopDeadline) =>
        ConfigurationFactory.ParseString(
            FormattableString.Invariant(
                $"{TimeoutKey} = {Math.Ceiling(GetNeededTimeout(stopDeadline).TotalMilliseconds):F0} ms"
            )
        );

    /// <summary>
    /// Registers the stop of the buffers with the phase. Logs a warning now if the phase is too short.
    /// </summary>
    public static void Register(
        ExtendedActorSystem system,
        TimeSpan stopDeadline,
        Func<TimeSpan, Task<ConveyorStopReport>> stop
    )
    {
        var shutdown = CoordinatedShutdown.Get(system);
        var deadline = GetDeadline(shutdown.Timeout(Phase), stopDeadline);
        if (deadline < stopDeadline)
        {
            system.Log.Warning(
                $"conveyor.stop-deadline is {{StopDeadline}}, but the phase {{Phase}} of coordinated shutdown ends after {{PhaseTimeout}}: consumers get {{Deadline}} to finish. Set {TimeoutKey} to {{Needed}} or more. [{{EventName}}]",
                stopDeadline,
                Phase,
                shutdown.Timeout(Phase),
                deadline,
                $"{Math.Ceiling(GetNeededTimeout(stopDeadline).TotalSeconds):F0} s",
                Observing.ConveyorEvents.StopPhaseTooShort
            );
        }
        shutdown.AddTask(
            Phase,
            "conveyor-drain",
            async () =>
            {
                await stop(deadline).ConfigureAwait(false);
                return Akka.Done.Instance;
            }
        );
    }

    /// <summary>
    /// Returns the configured stop deadline if the phase leaves time for it and for the work after it; otherwise most
    /// of the phase.
    /// </summary>
    static TimeSpan GetDeadline(TimeSpan phase, TimeSpan stopDeadline) =>
        phase >= GetNeededTimeout(stopDeadline) || stopDeadline < phase * 0.8 ? stopDeadline : phase * 0.8;
}
