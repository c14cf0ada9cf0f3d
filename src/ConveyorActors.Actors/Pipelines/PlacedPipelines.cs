using System.Collections.Concurrent;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// The pipelines of a cluster that are on this node. Written by the actor of the pipelines alone, read by any thread;
/// outlives that actor's restarts.
/// </summary>
sealed class PlacedPipelines
{
    readonly ConcurrentDictionary<string, bool> placed = new(StringComparer.Ordinal);
    readonly Dictionary<string, Leaving> leaving = new(StringComparer.Ordinal);

    /// <summary>
    /// The hand-over of a pipeline, with the actor to notify when it is done and the actor that has requested the
    /// pipeline again in the meantime.
    /// </summary>
    public sealed class Leaving(PipelineContext context)
    {
        /// <summary>Gets the context of the pipeline that is handed over.</summary>
        public PipelineContext Context { get; } = context;

        /// <summary>
        /// Gets or sets whether every change is written and every command has its reply, so that only the actors have
        /// yet to end.
        /// </summary>
        public bool IsWritten { get; set; }

        public List<IActorRef> Waiters { get; } = [];

        public List<IActorRef> Takers { get; } = [];
    }

    /// <summary>
    /// Gets or sets the actor that passes commands on to the node that has their pipeline; null: every pipeline is on
    /// this node.
    /// </summary>
    public IActorRef? Elsewhere { get; set; }

    /// <summary>Returns whether this node works on a pipeline.</summary>
    public bool IsHere(string pipeline) => Elsewhere is null || placed.ContainsKey(pipeline);

    /// <summary>Adds a pipeline that this node works on from now on.</summary>
    public void Add(string pipeline) => placed[pipeline] = true;

    /// <summary>Removes a pipeline that this node no longer works on. Returns false if there is none.</summary>
    public bool Remove(string pipeline) => placed.TryRemove(pipeline, out _);

    /// <summary>Returns the hand-over of a pipeline that is under way; null: none.</summary>
    public Leaving? FindLeaving(string pipeline) => leaving.GetValueOrDefault(pipeline);

    /// <summary>Gets the pipelines that are being handed over.</summary>
    public IEnumerable<string> LeavingNames => leaving.Keys;

    /// <summary>Begins a hand-over.</summary>
    public Leaving Begin(string pipeline, PipelineContext context) => leaving[pipeline] = new(context);

    /// <summary>Ends a hand-over and returns it; null: there is none.</summary>
    public Leaving? End(string pipeline) => leaving.Remove(pipeline, out var ended) ? ended : null;
}
