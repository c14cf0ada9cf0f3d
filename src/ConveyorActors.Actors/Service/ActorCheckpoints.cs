using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Service;

/// <summary>Reads and writes the checkpoints and positions of pipelines by commands to actors.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class ActorCheckpoints(ActorCalls calls) : ICheckpointStore
{
    public ValueTask<SettleResult> CompleteAsync(
        string pipeline,
        string stage,
        long lease,
        IReadOnlyList<long>? sequences,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) =>
        calls.SettleAsync(
            new CompleteWithCheckpoint(
                Names.Validate(pipeline),
                Names.Validate(stage),
                lease,
                sequences,
                checkpoint.Validate()
            ),
            cancellationToken
        );

    public async ValueTask SetCheckpointAsync(
        string pipeline,
        Checkpoint checkpoint,
        CancellationToken cancellationToken = default
    ) =>
        await calls
            .AskAsync<Stored>(new SetCheckpoint(Names.Validate(pipeline), checkpoint.Validate()), cancellationToken)
            .ConfigureAwait(false);

    public async ValueTask<string?> GetCheckpointAsync(
        string pipeline,
        string key,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(key);
        return (
            await calls
                .AskAsync<CheckpointIs>(new GetCheckpoint(Names.Validate(pipeline), key), cancellationToken)
                .ConfigureAwait(false)
        ).Value;
    }

    public async ValueTask<SourcePosition?> GetPositionAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        (
            await calls
                .AskAsync<PositionIs>(
                    new GetPosition(Names.Validate(pipeline), Names.Validate(source)),
                    cancellationToken
                )
                .ConfigureAwait(false)
        ).Position;

    public async ValueTask SetPositionAsync(
        string pipeline,
        string source,
        SourcePosition position,
        CancellationToken cancellationToken = default
    ) =>
        await calls
            .AskAsync<Stored>(
                new SetPosition(Names.Validate(pipeline), Names.Validate(source), position),
                cancellationToken
            )
            .ConfigureAwait(false);
}
