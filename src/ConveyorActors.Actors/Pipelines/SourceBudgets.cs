using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Akka.Event;
using ConveyorActors.Buffers.Admission;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// Connects the pipelines of one node with the actor that grants them room of the sources that have a budget over the
/// cluster.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class SourceBudgets(IReadOnlyDictionary<string, int> budgets, TimeProvider clock) : IBudgetedEngines
{
    static readonly ConditionalWeakTable<ActorSystem, SourceBudgets> BySystem = [];

    /// <summary>Gets the budgets by source, in records.</summary>
    public IReadOnlyDictionary<string, int> Budgets { get; } = budgets;

    /// <summary>
    /// Gets or sets the actor that is notified about the pipelines. Set before any pipeline is opened.
    /// </summary>
    public IActorRef Agent { get; set; } = ActorRefs.Nobody;

    /// <summary>Gets the clock of the grants.</summary>
    public TimeProvider Clock { get; } = clock;

    /// <summary>Returns the budgets of an actor system; null: no source has a budget.</summary>
    public static SourceBudgets? Find(ActorSystem system) => BySystem.TryGetValue(system, out var known) ? known : null;

    /// <summary>Registers the budgets of this node, so that the pipelines of its actor system find them.</summary>
    public void Register(ActorSystem system) => BySystem.AddOrUpdate(system, this);

    /// <inheritdoc/>
    public IBudgetedEngine Open(string pipeline, long epoch) => new Engine(this, pipeline, epoch);

    /// <summary>Notifies the agent that a pipeline is open, with the number of records it held then.</summary>
    public sealed record PipelineOpened(
        string Pipeline,
        long Epoch,
        BufferManager<ConveyorRecord> Manager,
        IReadOnlyDictionary<string, SourceAllowance> Allowances,
        IReadOnlyDictionary<string, long> Held
    ) : INoSerializationVerificationNeeded;

    /// <summary>Notifies the agent that a pipeline needs room.</summary>
    public sealed record RoomNeeded(string Pipeline, long Epoch, string Source)
        : INoSerializationVerificationNeeded,
            IDeadLetterSuppression;

    /// <summary>
    /// Notifies the agent that a pipeline has ended here, with the number of records it held; null: the number was not
    /// stored.
    /// </summary>
    public sealed record PipelineClosed(string Pipeline, long Epoch, IReadOnlyDictionary<string, long>? Held)
        : INoSerializationVerificationNeeded,
            IDeadLetterSuppression;

    sealed class Engine : IBudgetedEngine
    {
        readonly SourceBudgets owner;
        readonly string pipeline;
        readonly long epoch;

        public Engine(SourceBudgets owner, string pipeline, long epoch)
        {
            (this.owner, this.pipeline, this.epoch) = (owner, pipeline, epoch);
            Allowances = owner.Budgets.Keys.ToFrozenDictionary(
                s => s,
                s =>
                {
                    var needed = new RoomNeeded(pipeline, epoch, s);
                    return new SourceAllowance(s, _ => owner.Agent.Tell(needed, ActorRefs.NoSender), owner.Clock);
                },
                StringComparer.Ordinal
            );
        }

        public IReadOnlyDictionary<string, SourceAllowance> Allowances { get; }

        public void OnOpened(BufferManager<ConveyorRecord> manager, IReadOnlyDictionary<string, long> held) =>
            owner.Agent.Tell(new PipelineOpened(pipeline, epoch, manager, Allowances, held), ActorRefs.NoSender);

        public void OnClosed(IReadOnlyDictionary<string, long>? held) =>
            owner.Agent.Tell(new PipelineClosed(pipeline, epoch, held), ActorRefs.NoSender);
    }
}
