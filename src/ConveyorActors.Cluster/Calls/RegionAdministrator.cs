namespace ConveyorActors.Cluster.Calls;

/// <summary>Configures, holds and stops pipelines on the nodes that have them.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class RegionAdministrator(RegionCalls calls) : IBufferAdministrator
{
    public async ValueTask ConfigureAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    ) =>
        await calls
            .RunAsync(
                pipeline,
                "Configure",
                CallKind.Repeatable,
                async s =>
                {
                    await s.ConfigureAsync(pipeline, settings, cancellationToken).ConfigureAwait(false);
                    return true;
                },
                cancellationToken
            )
            .ConfigureAwait(false);

    public async ValueTask ConfigureStageAsync(
        string pipeline,
        string stage,
        StageSettings settings,
        CancellationToken cancellationToken = default
    ) =>
        await calls
            .RunAsync(
                pipeline,
                "ConfigureStage",
                CallKind.Repeatable,
                async s =>
                {
                    await s.ConfigureStageAsync(pipeline, stage, settings, cancellationToken).ConfigureAwait(false);
                    return true;
                },
                cancellationToken
            )
            .ConfigureAwait(false);

    public ValueTask<LimitChange> PlanLimitsAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "PlanLimits",
            CallKind.Repeatable,
            s => s.PlanLimitsAsync(pipeline, settings, cancellationToken),
            cancellationToken
        );

    public ValueTask<int> ReplayDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "ReplayDeadLetters",
            CallKind.Once,
            s => s.ReplayDeadLettersAsync(pipeline, stage, max, cancellationToken),
            cancellationToken
        );

    public ValueTask<int> PurgeDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "PurgeDeadLetters",
            CallKind.Once,
            s => s.PurgeDeadLettersAsync(pipeline, stage, max, cancellationToken),
            cancellationToken
        );

    public ValueTask<StopReport> StopAsync(
        string pipeline,
        TimeSpan deadline,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Stop",
            CallKind.Waiting,
            s => s.StopAsync(pipeline, deadline, cancellationToken),
            cancellationToken
        );

    public ValueTask<bool> PauseAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Pause",
            CallKind.Repeatable,
            s => s.PauseAsync(pipeline, target, name, cancellationToken),
            cancellationToken
        );

    public ValueTask<bool> ResumeAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) =>
        calls.RunAsync(
            pipeline,
            "Resume",
            CallKind.Repeatable,
            s => s.ResumeAsync(pipeline, target, name, cancellationToken),
            cancellationToken
        );
}
