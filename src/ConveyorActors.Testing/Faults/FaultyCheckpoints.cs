namespace ConveyorActors.Testing.Faults;

/// <summary>Makes calls for checkpoints and positions, some of which fail.</summary>
sealed class FaultyCheckpoints(IBufferService service, FaultInjector injector) : ICheckpointStore
{
    /// <inheritdoc/>
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) =>
        injector.CallAsync(
            new(nameof(CompleteAsync), pipeline, $"stage {stage}"),
            token => service.CompleteAsync(pipeline, stage, lease, sequences, checkpoint, token),
            cancellationToken,
            (handouts, result) => handouts.RecordSettled(pipeline, stage, lease, result)
        );

    /// <inheritdoc/>
    public async ValueTask SetCheckpointAsync(
        string pipeline,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) =>
        await injector
            .CallAsync(
                new(nameof(SetCheckpointAsync), pipeline, ""),
                async token =>
                {
                    await service.SetCheckpointAsync(pipeline, checkpoint, token).ConfigureAwait(false);
                    return true;
                },
                cancellationToken
            )
            .ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask<string?> GetCheckpointAsync(
        string pipeline,
        string key,
        CancellationToken cancellationToken = default
    ) =>
        injector.CallAsync(
            new(nameof(GetCheckpointAsync), pipeline, $"key {key}"),
            token => service.GetCheckpointAsync(pipeline, key, token),
            cancellationToken
        );

    /// <inheritdoc/>
    public ValueTask<SourcePosition?> GetPositionAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        injector.CallAsync(
            new(nameof(GetPositionAsync), pipeline, $"source {source}"),
            token => service.GetPositionAsync(pipeline, source, token),
            cancellationToken
        );

    /// <inheritdoc/>
    public async ValueTask SetPositionAsync(
        string pipeline,
        string source,
        SourcePosition position,
        CancellationToken cancellationToken = default
    ) =>
        await injector
            .CallAsync(
                new(nameof(SetPositionAsync), pipeline, $"source {source}"),
                async token =>
                {
                    await service.SetPositionAsync(pipeline, source, position, token).ConfigureAwait(false);
                    return true;
                },
                cancellationToken
            )
            .ConfigureAwait(false);
}
