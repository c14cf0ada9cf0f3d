namespace ConveyorActors.Buffers.Service;

/// <summary>Reads the numbers and records of the managers of this process. A query creates no pipeline.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class EmbeddedInspector(EmbeddedManagers managers) : IBufferInspector
{
    public ValueTask<IReadOnlyList<BackpressureReason>> ExplainAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) => new(managers.Find(pipeline).Explain(source));

    public ValueTask<double> GetStageUtilizationAsync(
        string pipeline,
        string stage,
        CancellationToken cancellationToken = default
    ) => new(managers.Find(pipeline).GetStageUtilization(stage));

    public ValueTask<double> GetGlobalUtilizationAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => new(managers.Find(pipeline).GetGlobalUtilization());

    public ValueTask<IReadOnlyList<string>> GetStagesWithDataAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => new(managers.Find(pipeline).GetStagesWithData());

    public ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) => new(managers.Find(pipeline).Peek(stage, max));

    public ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> GetDeadLettersAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) => new(managers.Find(pipeline).GetDeadLetters(stage, max));

    public ValueTask<PipelineSnapshot> GetSnapshotAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) => new(managers.Find(pipeline).GetSnapshot() with { Pipeline = pipeline });

    public ValueTask<IReadOnlyList<string>> GetPipelinesAsync(CancellationToken cancellationToken = default) =>
        new(managers.Pipelines);
}
