using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Service;

/// <summary>Reads the numbers and records of pipelines by commands to actors.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class ActorInspector(ActorCalls calls) : IBufferInspector
{
    public async ValueTask<IReadOnlyList<BackpressureReason>> ExplainAsync(
        string pipeline,
        string source,
        CancellationToken cancellationToken = default
    ) =>
        (
            await calls
                .AskAsync<Explained>(new Explain(Names.Validate(pipeline), Names.Validate(source)), cancellationToken)
                .ConfigureAwait(false)
        ).Reasons;

    public async ValueTask<double> GetStageUtilizationAsync(
        string pipeline,
        string stage,
        CancellationToken cancellationToken = default
    ) =>
        (
            await calls
                .AskAsync<Fill>(
                    new GetStageUtilization(Names.Validate(pipeline), Names.Validate(stage)),
                    cancellationToken
                )
                .ConfigureAwait(false)
        ).Value;

    public async ValueTask<double> GetGlobalUtilizationAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) =>
        (
            await calls
                .AskAsync<Fill>(new GetGlobalUtilization(Names.Validate(pipeline)), cancellationToken)
                .ConfigureAwait(false)
        ).Value;

    public async ValueTask<IReadOnlyList<string>> GetStagesWithDataAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) =>
        (
            await calls
                .AskAsync<NameList>(new GetStagesWithData(Names.Validate(pipeline)), cancellationToken)
                .ConfigureAwait(false)
        ).Names;

    public async ValueTask<IReadOnlyList<BufferedRecord<ConveyorRecord>>> PeekAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) =>
        (
            await calls
                .AskAsync<Peeked>(
                    new Peek(
                        Names.Validate(pipeline),
                        Names.Validate(stage),
                        Amounts.ValidateRecords(max, nameof(max))
                    ),
                    cancellationToken
                )
                .ConfigureAwait(false)
        ).Records;

    public async ValueTask<IReadOnlyList<DeadLetter<ConveyorRecord>>> GetDeadLettersAsync(
        string pipeline,
        string stage,
        int max,
        CancellationToken cancellationToken = default
    ) =>
        (
            await calls
                .AskAsync<DeadLetterList>(
                    new GetDeadLetters(
                        Names.Validate(pipeline),
                        Names.Validate(stage),
                        Amounts.ValidateRecords(max, nameof(max))
                    ),
                    cancellationToken
                )
                .ConfigureAwait(false)
        ).DeadLetters;

    public async ValueTask<PipelineSnapshot> GetSnapshotAsync(
        string pipeline,
        CancellationToken cancellationToken = default
    ) =>
        (
            await calls
                .AskAsync<SnapshotTaken>(new GetSnapshot(Names.Validate(pipeline)), cancellationToken)
                .ConfigureAwait(false)
        ).Snapshot;

    public async ValueTask<IReadOnlyList<string>> GetPipelinesAsync(CancellationToken cancellationToken = default) =>
        (await calls.AskAsync<NameList>(GetPipelines.Instance, cancellationToken).ConfigureAwait(false)).Names;
}
