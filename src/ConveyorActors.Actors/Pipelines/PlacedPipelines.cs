using System.Collections.Concurrent;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// Which pipelines of a cluster this node has. Written by the actor of the pipelines alone, read by any thread;
/// outlives that actor's restarts.
/// </summary>
sealed class PlacedPipelines
{
    readonly ConcurrentDictionary<string, bool> placed = new(StringComparer.Ordinal);
    readonly Dictionary<string, Leaving> leaving = new(StringComparer.Ordinal);

    /// <summary>
    /// A pipeline that is being handed over, the actor to notify when that is done, and the actor that has asked for
    /// the pipeline again in the meantime.
    /// </summary>
    public sealed class Leaving(PipelineContext context)
    {
        /// <summary>Gets what is left of the pipeline here.</summary>
        public PipelineContext Context { get; } = context;

        /// <summary>Whether everything is written and replied to: only the actors are still to end.</summary>
        public bool IsWritten { get; set; }

        public List<IActorRef> Told { get; } = [];

        public List<IActorRef> Takers { get; } = [];
    }

    /// <summary>Passes commands on to the node that has their pipeline; null: every pipeline is on this node.</summary>
    public IActorRef? Elsewhere { get; set; }

    /// <summary>Returns whether this node works on a pipeline.</summary>
    public bool IsHere(string pipeline) => Elsewhere is null || placed.ContainsKey(pipeline);

    /// <summary>Notes that this node works on a pipeline from now on.</summary>
    public void Add(string pipeline) => placed[pipeline] = true;

    /// <summary>Notes that it does not any more.</summary>
    public bool Remove(string pipeline) => placed.TryRemove(pipeline, out _);

    /// <summary>The hand-over under way; null: none.</summary>
    public Leaving? LeavingOf(string pipeline) => leaving.GetValueOrDefault(pipeline);

    /// <summary>Gets the pipelines that are being handed over.</summary>
    public IEnumerable<string> LeavingNames => leaving.Keys;

    /// <summary>Begins a hand-over.</summary>
    public Leaving Begin(string pipeline, PipelineContext context) => leaving[pipeline] = new(context);

    /// <summary>Ends a hand-over.</summary>
    public Leaving? End(string pipeline) => leaving.Remove(pipeline, out var ended) ? ended : null;
}
