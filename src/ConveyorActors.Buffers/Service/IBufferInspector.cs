namespace ConveyorActors.Buffers.Service;

/// <summary>The inspecting part of the port: returns numbers, reasons and records without changing them.</summary>
/// <remarks>Safe for use by many threads. See <see cref="IBufferService"/> for the rules of all parts.</remarks>
public interface IBufferInspector
{
    /// <summary>
    /// Returns the reasons why a source is held: operators' holds first, then the limits, the fullest first; empty when
    /// the source is not held.
    /// </summary>
    ValueTask<IReadOnlyList<BackpressureReason>> ExplainAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Returns a stage's fill: pending and promised records (or bytes, if that is more) over its limit. Records that are
    /// only in the store are included. From 0 to 1; above 1 only after a limit was lowered, or when more records were
    /// restored from the store than the limit admits.
    /// </summary>
    ValueTask<double> GetStageUtilizationAsync(
        string pipeline,
        string stage,
        CancellationToken cancellationToken = default
    );

    /// <summary>Returns the fill of a whole pipeline, calculated as for a stage.</summary>
    ValueTask<double> GetGlobalUtilizationAsync(string pipeline, CancellationToken cancellationToken = default);

    /// <summary>Returns the stages that have waiting records, in memory or only in the store.</summary>
    ValueTask<IReadOnlyList<string>> GetStagesWithDataAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    );

    /// <summary>Returns the first records that wait in a stage, source by source, without leasing them.</summary>
    ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    );

    /// <summary>Returns a stage's dead letters, oldest first.</summary>
    ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> GetDeadLettersAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    );

    /// <summary>
    /// Returns all numbers of a pipeline, taken at one moment: every stage stands still while they are read.
    /// </summary>
    ValueTask<PipelineSnapshot> GetSnapshotAsync(string pipeline, CancellationToken cancellationToken = default);

    /// <summary>Returns the names of the pipelines that exist.</summary>
    ValueTask<IReadOnlyList<string>> GetPipelinesAsync(CancellationToken cancellationToken = default);
}
