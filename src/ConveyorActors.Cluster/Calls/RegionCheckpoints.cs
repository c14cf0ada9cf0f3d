namespace ConveyorActors.Cluster.Calls;

/// <summary>Reads and writes checkpoints and positions on the nodes that have the pipelines.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class RegionCheckpoints(RegionCalls calls) : ICheckpointStore
{
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "CompleteWithCheckpoint",
            CallKind.Repeatable,
            s => s.CompleteAsync(pipeline, stage, lease, sequences, checkpoint, cancellationToken),
            cancellationToken
        );

    public async ValueTask SetCheckpointAsync(
        string pipeline,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) =>
        await calls
            .RunAsync(
                pipeline,
                "SetCheckpoint",
                CallKind.Repeatable,
                async s =>
                {
                    await s.SetCheckpointAsync(pipeline, checkpoint, cancellationToken).ConfigureAwait(false);
                    return true;
                },
                cancellationToken
            )
            .ConfigureAwait(false);

    public ValueTask<string?> GetCheckpointAsync(
        string pipeline,
        string key,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "GetCheckpoint",
            CallKind.Repeatable,
            s => s.GetCheckpointAsync(pipeline, key, cancellationToken),
            cancellationToken
        );

    public ValueTask<SourcePosition?> GetPositionAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Position",
            CallKind.Repeatable,
            s => s.GetPositionAsync(pipeline, source, cancellationToken),
            cancellationToken
        );

    public async ValueTask SetPositionAsync(
        string pipeline,
        string source,
        SourcePosition position,
        CancellationToken cancellationToken = default
    ) =>
        await calls
            .RunAsync(
                pipeline,
                "SetPosition",
                CallKind.Repeatable,
                async s =>
                {
                    await s.SetPositionAsync(pipeline, source, position, cancellationToken).ConfigureAwait(false);
                    return true;
                },
                cancellationToken
            )
            .ConfigureAwait(false);
}
