using Akka.Persistence;

namespace ConveyorActors.Persistence;

/// <summary>Asks a journal how far it goes, without reading any event.</summary>
static class HighestSequenceNr
{
    /// <summary>Returns the highest sequence number; 0, or one before <paramref name="from"/>, where there is none from there on.</summary>
    public static async Task<long> AskAsync(IActorRef journal, string persistenceId, long from, TimeSpan timeout)
    {
        // Nothing is replayed up to 0, and the reply says what the highest number is.
        Func<IActorRef, object> ask = asker => new ReplayMessages(from, 0, 1, persistenceId, asker);
        return await journal.Ask<object>(ask, timeout, CancellationToken.None).ConfigureAwait(false) switch
        {
            RecoverySuccess success => success.HighestSequenceNr,
            ReplayMessagesFailure failure => throw new JournalException(Reasons.Of(failure.Cause), failure.Cause),
            var other => throw new JournalException($"The journal replied with {other.GetType().Name}."),
        };
    }
}
