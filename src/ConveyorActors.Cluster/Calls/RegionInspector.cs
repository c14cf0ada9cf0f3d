namespace ConveyorActors.Cluster.Calls;

/// <summary>Reads the numbers and records of pipelines on the nodes that have them.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class RegionInspector(RegionCalls calls, RegionListing listing) : IBufferInspector
{
    public ValueTask<IReadOnlyList<BackpressureReason>> ExplainAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Explain",
            CallKind.Repeatable,
            s => s.ExplainAsync(pipeline, source, cancellationToken),
            cancellationToken
        );

    public ValueTask<double> GetStageUtilizationAsync(
        string pipeline,
        string stage,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "GetStageUtilization",
            CallKind.Repeatable,
            s => s.GetStageUtilizationAsync(pipeline, stage, cancellationToken),
            cancellationToken
        );

    public ValueTask<double> GetGlobalUtilizationAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "GetGlobalUtilization",
            CallKind.Repeatable,
            s => s.GetGlobalUtilizationAsync(pipeline, cancellationToken),
            cancellationToken
        );

    public ValueTask<IReadOnlyList<string>> GetStagesWithDataAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "StagesWithData",
            CallKind.Repeatable,
            s => s.GetStagesWithDataAsync(pipeline, cancellationToken),
            cancellationToken
        );

    public ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Peek",
            CallKind.Repeatable,
            s => s.PeekAsync(pipeline, stage, max, cancellationToken),
            cancellationToken
        );

    public ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> GetDeadLettersAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "DeadLetters",
            CallKind.Repeatable,
            s => s.GetDeadLettersAsync(pipeline, stage, max, cancellationToken),
            cancellationToken
        );

    public ValueTask<PipelineSnapshot> GetSnapshotAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Snapshot",
            CallKind.Repeatable,
            s => s.GetSnapshotAsync(pipeline, cancellationToken),
            cancellationToken
        );

    public ValueTask<IReadOnlyList<string>> GetPipelinesAsync(CancellationToken cancellationToken = default) =>
        new(listing.ListAsync(cancellationToken));
}
