namespace ConveyorActors.Buffers.Service;

/// <summary>Configures, holds and stops the managers of this process.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class EmbeddedAdministrator(EmbeddedManagers managers) : IBufferAdministrator
{
    public ValueTask ConfigureAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        managers.Configure(pipeline, settings);
        return default;
    }

    public ValueTask ConfigureStageAsync(
        string pipeline,
        string stage,
        StageSettings settings,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        managers.ThrowIfDisposed();
        managers.Get(pipeline).ConfigureStage(stage, settings);
        return default;
    }

    public ValueTask<LimitChange> PlanLimitsAsync(
        string pipeline,
        BufferSettings settings,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new(managers.Find(pipeline).PlanLimits(settings));
    }

    public ValueTask<bool> PauseAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    )
    {
        target.Validate(name); // an invalid call must not create a pipeline
        managers.ThrowIfDisposed();
        return ChangeAndFlushAsync(managers.Get(pipeline), m => m.Pause(target, name), cancellationToken);
    }

    public ValueTask<bool> ResumeAsync(
        string pipeline,
        HoldTarget target,
        string name,
        CancellationToken cancellationToken = default
    )
    {
        managers.ThrowIfDisposed();
        return ChangeAndFlushAsync(managers.Find(pipeline), m => m.Resume(target, name), cancellationToken);
    }

    static async ValueTask<bool> ChangeAndFlushAsync(
        BufferManager<ConveyorRecord> manager,
        Func<BufferManager<ConveyorRecord>, bool> change,
        CancellationToken cancellationToken
    )
    {
        var hasChanged = change(manager);
        if (manager.IsDurable)
            await manager.FlushAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        return hasChanged;
    }

    public ValueTask<int> ReplayDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    )
    {
        managers.ThrowIfDisposed();
        return new(managers.Find(pipeline).ReplayDeadLetters(stage, max));
    }

    public ValueTask<int> PurgeDeadLettersAsync(
        string pipeline,
        string stage,
        int max = int.MaxValue,
        CancellationToken cancellationToken = default
    )
    {
        managers.ThrowIfDisposed();
        return new(managers.Find(pipeline).PurgeDeadLetters(stage, max));
    }

    public ValueTask<StopReport> StopAsync(
        string pipeline,
        TimeSpan deadline,
        CancellationToken cancellationToken = default
    ) => managers.Get(pipeline).StopAsync(deadline, cancellationToken);
}
