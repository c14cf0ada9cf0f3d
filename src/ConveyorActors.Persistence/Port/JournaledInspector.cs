using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Persistence.Port;

/// <summary>Reads the numbers and records of a pipeline whose records are in a journal.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class JournaledInspector(EngineGate gate) : IBufferInspector
{
    public ValueTask<IReadOnlyList<BackpressureReason>> ExplainAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => gate.PassIfOpen(e => e.ExplainAsync(pipeline, source, cancellationToken), null, cancellationToken);

    public ValueTask<double> GetStageUtilizationAsync(
        string pipeline,
        string stage,
        CancellationToken cancellationToken = default
    ) => gate.PassIfOpen(e => e.GetStageUtilizationAsync(pipeline, stage, cancellationToken), null, cancellationToken);

    public ValueTask<double> GetGlobalUtilizationAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => gate.PassIfOpen(e => e.GetGlobalUtilizationAsync(pipeline, cancellationToken), null, cancellationToken);

    public ValueTask<IReadOnlyList<string>> GetStagesWithDataAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => gate.PassIfOpen(e => e.GetStagesWithDataAsync(pipeline, cancellationToken), null, cancellationToken);

    public ValueTask<PipelineSnapshot> GetSnapshotAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => gate.PassIfOpen(e => e.GetSnapshotAsync(pipeline, cancellationToken), null, cancellationToken);

    public ValueTask<IReadOnlyList<string>> GetPipelinesAsync(CancellationToken cancellationToken = default) =>
        gate.PassIfOpen(e => e.GetPipelinesAsync(cancellationToken), null, cancellationToken);

    public ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) => gate.PassIfOpen(e => e.PeekAsync(pipeline, stage, max, cancellationToken), null, cancellationToken);

    public ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> GetDeadLettersAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) => gate.PassIfOpen(e => e.GetDeadLettersAsync(pipeline, stage, max, cancellationToken), null, cancellationToken);
}
