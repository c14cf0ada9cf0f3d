using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Persistence.Port;

/// <summary>Configures, holds and stops a pipeline whose records are in a journal.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class JournaledAdministrator(string pipeline, PipelineOpener opener) : IBufferAdministrator
{
    readonly EngineGate gate = opener.Gate;

    /// <summary>
    /// Returns the report of a pipeline that is not open here: nothing is stopped, and the records are in the journal.
    /// </summary>
    static StopReport CreateEmptyReport() => new(0, 0, new Dictionary<string, long>(), IsDurable: true);

    /// <remarks>A stopped pipeline is opened again, with its records.</remarks>
    public ValueTask ConfigureAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    )
    {
        opener.StartAgainIfStopped();
        return new(
            gate.Pass(
                    async e =>
                    {
                        await e.ConfigureAsync(pipeline, settings, cancellationToken).ConfigureAwait(false);
                        return true;
                    },
                    null,
                    cancellationToken
                )
                .AsTask()
        );
    }

    public ValueTask ConfigureStageAsync(
        string pipeline,
        string stage,
        StageSettings settings,
        CancellationToken cancellationToken = default
    ) =>
        new(
            gate.Pass(
                    async e =>
                    {
                        await e.ConfigureStageAsync(pipeline, stage, settings, cancellationToken).ConfigureAwait(false);
                        return true;
                    },
                    null,
                    cancellationToken
                )
                .AsTask()
        );

    public ValueTask<LimitChange> PlanLimitsAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    ) => gate.PassIfOpen(e => e.PlanLimitsAsync(pipeline, settings, cancellationToken), null, cancellationToken);

    public ValueTask<bool> PauseAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) => gate.Pass(e => e.PauseAsync(pipeline, target, name, cancellationToken), null, cancellationToken);

    public ValueTask<bool> ResumeAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    ) => gate.Pass(e => e.ResumeAsync(pipeline, target, name, cancellationToken), null, cancellationToken);

    public ValueTask<int> ReplayDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) => gate.Pass(e => e.ReplayDeadLettersAsync(pipeline, stage, max, cancellationToken), null, cancellationToken);

    public ValueTask<int> PurgeDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    ) => gate.Pass(e => e.PurgeDeadLettersAsync(pipeline, stage, max, cancellationToken), null, cancellationToken);

    public ValueTask<StopReport> StopAsync(
        string pipeline,
        TimeSpan deadline,
        CancellationToken cancellationToken = default
    ) => gate.PassIfOpen(e => StopAsync(e, deadline, cancellationToken), CreateEmptyReport, cancellationToken);

    async ValueTask<StopReport> StopAsync(IBufferService engine, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var report = await engine.StopAsync(pipeline, deadline, cancellationToken).ConfigureAwait(false);
        opener.SetStopped(engine);
        return report;
    }
}
