namespace ConveyorActors.Buffers.Service;

/// <summary>The inspecting part of the port: numbers, reasons and records, without changing any.</summary>
/// <remarks>Safe for use by many threads. See <see cref="IBufferService"/> for what holds for all parts.</remarks>
public interface IBufferInspector
{
    /// <summary>Why the source is held, limit by limit; empty when it is not.</summary>
    ValueTask<IReadOnlyList<HoldReason>> ExplainAsync(string pipeline, string source, CancellationToken cancellation = default);

    /// <summary>A stage's fill: pending and promised records (or bytes, if that is more) over its limit. From 0 to 1; above 1 only after a limit was lowered.</summary>
    ValueTask<double> GetStageUtilizationAsync(string pipeline, string stage, CancellationToken cancellation = default);

    /// <summary>The manager's fill, likewise.</summary>
    ValueTask<double> GetGlobalUtilizationAsync(string pipeline, CancellationToken cancellation = default);

    /// <summary>The stages that have buffered records.</summary>
    ValueTask<IReadOnlyList<string>> StagesWithDataAsync(string pipeline, CancellationToken cancellation = default);

    /// <summary>The first records that wait in a stage, source by source, without leasing them.</summary>
    ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(string pipeline, string stage, int max, CancellationToken cancellation = default);

    /// <summary>A stage's dead letters, oldest first.</summary>
    ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> DeadLettersAsync(string pipeline, string stage, int max, CancellationToken cancellation = default);

    /// <summary>All numbers of a pipeline, taken at one moment.</summary>
    ValueTask<PipelineSnapshot> SnapshotAsync(string pipeline, CancellationToken cancellation = default);

    /// <summary>The pipelines that exist.</summary>
    ValueTask<IReadOnlyList<string>> PipelinesAsync(CancellationToken cancellation = default);
}
