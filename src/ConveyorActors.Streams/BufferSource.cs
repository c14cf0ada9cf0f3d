using Akka;
using Akka.Streams.Dsl;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Streams.Leasing;

namespace ConveyorActors.Streams;

/// <summary>Sources that bring the records of a buffer's stage into a stream.</summary>
public static class BufferSource
{
    /// <summary>
    /// A source of records that downstream settles itself, each through its <see cref="LeasedRecord"/>.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Downstream may hold as many records unsettled as the pipeline's limits admit, and gets more while it does,
    /// whatever the stage's lease order: stages that gather before they settle do not stop the stream. A group that is
    /// larger than a limit never comes about, for the room that its last records need is what its first ones hold; and
    /// a group that takes longer to gather than a lease lasts comes again. GroupedWithin avoids both.
    /// </para>
    /// <para>
    /// When downstream finishes, what it was given stays with its handles, which can be settled until their deadline;
    /// what it was not given goes back at once, uncharged. A record that was on its way downstream while downstream
    /// finished, so that nobody has its handle, goes back at its deadline.
    /// </para>
    /// <para>
    /// When downstream fails, it counts as a consumer that died of one of the records whose handles it held: these come
    /// again at once, in smaller leases each time, until a stream fails on one record alone. That record is charged a
    /// retry, and no other. When the stream is terminated, all that is not settled goes back at once, uncharged. So
    /// nothing is lost in operators that hold elements (Buffer, Async, SelectAsync, Grouped, RestartFlow), wherever the
    /// stream fails; an element that an operator drops without failing the stream, as RestartFlow does, comes again
    /// when its lease has passed its deadline.
    /// </para>
    /// </remarks>
    /// <param name="service">Where the buffers are.</param>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage to lease from.</param>
    /// <param name="settings">How; null: the defaults.</param>
    public static Source<LeasedRecord, NotUsed> FromStage(
        IBufferService service,
        string pipeline,
        string stage,
        BufferSourceSettings? settings = null
    ) => Source.FromGraph(new BufferSourceStage(LeaseOrigin.Of(service, pipeline, stage), settings ?? new()));

    /// <summary>
    /// A source of records that are completed as they leave downstream: when downstream asks for the next one.
    /// </summary>
    /// <remarks>
    /// A record that downstream was given without asking for another is not completed: when downstream finishes (a
    /// Take, a kill switch) it goes back and comes again in the next stream, uncharged; when downstream fails it goes
    /// back with a retry charged, so that a record that makes every stream fail ends among the dead letters.
    /// <para>
    /// Operators that hold elements (Buffer, Async, SelectAsync, Grouped, Conflate, RestartFlow) ask for the next
    /// element before they are done with the one before: what they hold is completed already and is lost when the
    /// stream fails, and the retry is charged to the wrong record. With such operators use <see cref="FromStage"/> and
    /// complete at the end, which loses nothing.
    /// </para>
    /// </remarks>
    /// <param name="service">Where the buffers are.</param>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage to lease from.</param>
    /// <param name="settings">How; null: the defaults.</param>
    public static Source<ConveyorRecord, NotUsed> CompletingFromStage(
        IBufferService service,
        string pipeline,
        string stage,
        BufferSourceSettings? settings = null
    ) => Source.FromGraph(new CompletingSourceStage(LeaseOrigin.Of(service, pipeline, stage), settings ?? new()));
}
