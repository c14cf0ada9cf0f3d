using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// A stage whose gate this thread holds, with the queue of one source there. Disposing the session leaves the gate.
/// </summary>
readonly ref struct StageSession<T>(StageSessions<T> sessions, StageState<T> stage, SourceQueue<T> queue, bool isOffer)
{
    public StageState<T> Stage { get; } = stage;

    public SourceQueue<T> Queue { get; } = queue;

    public SourceState Source => Queue.Source!;

    /// <summary>Leaves the gate. An offer can bring an earlier deadline only if records have a time to live.</summary>
    public void Dispose() => sessions.Leave(Stage, !isOffer || Stage.Buffer.Settings.TimeToLive is not null);
}
