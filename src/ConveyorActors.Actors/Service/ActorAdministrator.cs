using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Service;

/// <summary>Configures, holds and stops pipelines by commands to actors.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class ActorAdministrator(ActorCalls calls) : IBufferAdministrator
{
    public async ValueTask ConfigureAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        await calls
            .AskAsync<Configured>(
                new ConfigurePipeline(Names.Validate(pipeline), settings.Validate()),
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    public async ValueTask ConfigureStageAsync(
        string pipeline,
        string stage,
        StageSettings settings,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        await calls
            .AskAsync<Configured>(
                new ConfigureStage(Names.Validate(pipeline), Names.Validate(stage), settings),
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    public async ValueTask<LimitChange> PlanLimitsAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        return (
            await calls
                .AskAsync<LimitsPlanned>(
                    new PlanLimits(Names.Validate(pipeline), settings.Validate()),
                    cancellationToken
                )
                .ConfigureAwait(false)
        ).Change;
    }

    public async ValueTask<bool> PauseAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) =>
        (
            await calls
                .AskAsync<HoldChanged>(
                    new PlaceHold(Names.Validate(pipeline), Validate(target), Names.Validate(name)),
                    cancellationToken
                )
                .ConfigureAwait(false)
        ).HasChanged;

    public async ValueTask<bool> ResumeAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) =>
        (
            await calls
                .AskAsync<HoldChanged>(
                    new LiftHold(Names.Validate(pipeline), Validate(target), Names.Validate(name)),
                    cancellationToken
                )
                .ConfigureAwait(false)
        ).HasChanged;

    public async ValueTask<int> ReplayDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) =>
        (int)
            (
                await calls
                    .AskAsync<Count>(
                        new ReplayDeadLetters(
                            Names.Validate(pipeline),
                            Names.Validate(stage),
                            Amounts.ValidateRecords(max, nameof(max))
                        ),
                        cancellationToken
                    )
                    .ConfigureAwait(false)
            ).Value;

    public async ValueTask<int> PurgeDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) =>
        (int)
            (
                await calls
                    .AskAsync<Count>(
                        new PurgeDeadLetters(
                            Names.Validate(pipeline),
                            Names.Validate(stage),
                            Amounts.ValidateRecords(max, nameof(max))
                        ),
                        cancellationToken
                    )
                    .ConfigureAwait(false)
            ).Value;

    public async ValueTask<StopReport> StopAsync(
        string pipeline,
        TimeSpan deadline,
        CancellationToken cancellationToken = default
    )
    {
        LongWait.Validate(deadline, nameof(deadline));
        return (
            await calls
                .AskAsync<PipelineStopped>(
                    new StopPipeline(Names.Validate(pipeline), deadline),
                    null,
                    cancellationToken
                )
                .ConfigureAwait(false)
        ).Report;
    }

    static HoldTarget Validate(HoldTarget target) =>
        Enum.IsDefined(target)
            ? target
            : throw new ArgumentOutOfRangeException(
                nameof(target),
                target,
                $"target is {target}; it must be Source or Stage."
            );
}
