namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// Who waits for credits and who listens to a source's signals. Used by the source's actor alone; outlives its
/// restarts.
/// </summary>
sealed class SourceRegistry
{
    public PendingWaits Waits { get; } = new();

    public HashSet<IActorRef> Subscribers { get; } = [];

    /// <summary>Gets or sets what the subscribers were told last; null: nothing yet.</summary>
    public BackpressureSignal? Last { get; set; }

    /// <summary>Ends the listening to the engine; null: nobody listens.</summary>
    public CancellationTokenSource? Listening { get; set; }

    public bool IsEmpty => Waits.Count == 0 && Subscribers.Count == 0;
}
