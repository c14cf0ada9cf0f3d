using Akka;
using Akka.Streams.Dsl;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Streams.Leasing;

namespace ConveyorActors.Streams;

/// <summary>Creates sources that emit the records of a buffer's stage.</summary>
public static class BufferSource
{
    /// <summary>
    /// Returns a source of leased records. Downstream settles each record through its <see cref="LeasedRecord"/>.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Downstream may hold as many unsettled records as the pipeline's limits admit, and gets further records
    /// meanwhile, whatever the stage's lease order: stages that gather before they settle do not stop the stream. A
    /// group that is larger than a limit never fills, because its first records hold the room that its last ones need;
    /// and the records of a group that takes longer to gather than a lease lasts are leased again. GroupedWithin avoids
    /// both.
    /// </para>
    /// <para>
    /// When downstream finishes, the records that it was given stay with their handles, which can be settled until
    /// their deadline; the records that it was not given are returned at once, uncharged. A record that was on its way
    /// when downstream finished has no owner of its handle, and is returned at its deadline.
    /// </para>
    /// <para>
    /// When downstream fails, it counts as a consumer that died of one of the records whose handles it held: these are
    /// leased again at once, in smaller leases each time, until a stream fails on one record alone. Only that record is
    /// charged a retry. When the stream is terminated, all unsettled records are returned at once, uncharged. So no
    /// record is lost in operators that hold elements (Buffer, Async, SelectAsync, Grouped, RestartFlow), wherever the
    /// stream fails. An element that an operator drops without failing the stream, as RestartFlow does, is leased again
    /// when its lease has passed its deadline.
    /// </para>
    /// </remarks>
    /// <param name="service">The service that holds the buffers.</param>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage to lease from.</param>
    /// <param name="settings">The settings of the source; null: the defaults.</param>
    public static Source<LeasedRecord, NotUsed> FromStage(
        IBufferService service,
        string pipeline,
        string stage,
        BufferSourceSettings? settings = null
    ) => Source.FromGraph(new BufferSourceStage(LeaseOrigin.Create(service, pipeline, stage), settings ?? new()));

    /// <summary>Returns a source of records. A record is completed when downstream asks for the next one.</summary>
    /// <remarks>
    /// A record that downstream was given without asking for another is not completed. When downstream finishes (a
    /// Take, a kill switch), the record is returned uncharged and leased again by the next stream; when downstream
    /// fails, the record is returned with a retry charged, so that a record that makes every stream fail is
    /// dead-lettered.
    /// <para>
    /// Operators that hold elements (Buffer, Async, SelectAsync, Grouped, Conflate, RestartFlow) ask for the next
    /// element before they have processed the one before. The records that they hold are already completed and are lost
    /// when the stream fails, and the retry is charged to the wrong record. With such operators use
    /// <see cref="FromStage"/> and complete each record at the end of the stream, which loses nothing.
    /// </para>
    /// </remarks>
    /// <param name="service">The service that holds the buffers.</param>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="stage">The stage to lease from.</param>
    /// <param name="settings">The settings of the source; null: the defaults.</param>
    public static Source<ConveyorRecord, NotUsed> CompletingFromStage(
        IBufferService service,
        string pipeline,
        string stage,
        BufferSourceSettings? settings = null
    ) => Source.FromGraph(new CompletingSourceStage(LeaseOrigin.Create(service, pipeline, stage), settings ?? new()));
}
