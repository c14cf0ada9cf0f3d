namespace ConveyorActors.Persistence.Writing;

/// <summary>
/// Determines which failures of one outage are logged: each reason once a minute. An outage has several reasons in turn,
/// such as a refused connection and an open circuit breaker.
/// </summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class OutageLog(TimeProvider clock)
{
    static readonly TimeSpan LogAgainAfter = TimeSpan.FromMinutes(1);

    /// <summary>The number of reasons that are remembered; a reason may contain a number that differs each time.</summary>
    const int MaxReasons = 16;

    readonly Dictionary<string, long> logged = new(StringComparer.Ordinal);

    /// <summary>Begins another outage, of which nothing was logged yet.</summary>
    public void Begin() => logged.Clear();

    /// <summary>
    /// Returns whether a failure should be logged: its reason was not logged in this outage, or at least a minute ago.
    /// </summary>
    public bool IsNews(string reason)
    {
        if (logged.TryGetValue(reason, out var at) && clock.GetElapsedTime(at) < LogAgainAfter)
            return false;
        if (logged.Count >= MaxReasons)
            logged.Clear();
        logged[reason] = clock.GetTimestamp();
        return true;
    }
}
