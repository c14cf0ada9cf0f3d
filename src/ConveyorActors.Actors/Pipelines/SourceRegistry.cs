namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// The waits for credits and the subscribers of a source's signals. Used by the source's actor alone; outlives its
/// restarts.
/// </summary>
sealed class SourceRegistry
{
    public PendingWaits Waits { get; } = new();

    public HashSet<IActorRef> Subscribers { get; } = [];

    /// <summary>Gets or sets the last signal sent to the subscribers; null: none yet.</summary>
    public BackpressureSignal? Last { get; set; }

    /// <summary>
    /// Gets or sets the source of the token that ends the reading of signals; null: there are no subscribers.
    /// </summary>
    public CancellationTokenSource? Listening { get; set; }

    public bool IsEmpty => Waits.Count == 0 && Subscribers.Count == 0;
}
