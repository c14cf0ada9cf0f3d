using Akka.Persistence;

namespace ConveyorActors.Persistence;

/// <summary>Asks a journal for its highest sequence number, without reading an event.</summary>
static class HighestSequenceNr
{
    /// <summary>
    /// Returns the highest sequence number. If there is no event from <paramref name="from"/> on, returns 0 or the
    /// number before <paramref name="from"/>.
    /// </summary>
    public static async Task<long> ReadAsync(IActorRef journal, string persistenceId, long from, TimeSpan timeout)
    {
        // A replay up to 0 returns no event, and its reply contains the highest number.
        Func<IActorRef, object> message = replyTo => new ReplayMessages(from, 0, 1, persistenceId, replyTo);
        return await journal.Ask<object>(message, timeout, CancellationToken.None).ConfigureAwait(false) switch
        {
            RecoverySuccess success => success.HighestSequenceNr,
            ReplayMessagesFailure failure => throw new JournalException(Reasons.Describe(failure.Cause), failure.Cause),
            var other => throw new JournalException($"The journal replied with {other.GetType().Name}."),
        };
    }
}
