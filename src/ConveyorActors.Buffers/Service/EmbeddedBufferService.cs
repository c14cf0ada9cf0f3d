using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers.Service;

/// <summary>
/// Implements the port with managers in this process. Without stores, records are held in memory: pending records are
/// lost when the process ends. With stores, the stored pipelines exist from the start; each restores its records when
/// it is used or configured for the first time.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
public sealed class EmbeddedBufferService : DelegatingBufferService, IDisposable
{
    readonly EmbeddedManagers managers;

    /// <summary>Initializes a buffer service that keeps its pipelines in this process.</summary>
    /// <param name="clock">The clock of every manager; null: the system clock.</param>
    /// <param name="stores">
    /// The stores that keep records when the process ends; null: records are in memory only. Disposed with the service.
    /// </param>
    /// <param name="system">
    /// The value of the tag <c>system</c> of the service's metrics, which distinguishes the services of one process;
    /// null: no such tag.
    /// </param>
    public EmbeddedBufferService(TimeProvider? clock = null, IBufferStores? stores = null, string? system = null)
        : this(new EmbeddedManagers(clock, stores, system)) { }

    EmbeddedBufferService(EmbeddedManagers managers)
        : base(
            new EmbeddedProducer(managers),
            new EmbeddedConsumer(managers),
            new EmbeddedCheckpoints(managers),
            new EmbeddedInspector(managers),
            new EmbeddedAdministrator(managers)
        ) => this.managers = managers;

    /// <summary>
    /// Gets the settings of pipelines that are used before they are configured. Default: those of
    /// <see cref="BufferSettings"/>.
    /// </summary>
    public BufferSettings Defaults
    {
        get => managers.Defaults;
        init =>
            managers.Defaults =
                value?.Validate()
                ?? throw new ArgumentNullException(nameof(Defaults), "Defaults is null; it must be a BufferSettings.");
    }

    /// <summary>Gets the clock of every manager.</summary>
    internal TimeProvider Clock => managers.Clock;

    /// <summary>
    /// Creates a service over managers that have stopped. Every other pipeline refuses all offers.
    /// </summary>
    /// <param name="stopped">The managers, by the names of their pipelines.</param>
    /// <param name="isDurable">Whether the managers store their records beyond the process.</param>
    internal static EmbeddedBufferService CreateStopped(
        IEnumerable<(string Pipeline, BufferManager<ConveyorRecord> Manager)> stopped,
        bool isDurable
    )
    {
        var managers = new EmbeddedManagers(clock: null, stores: null, system: null)
        {
            IsMeasured = false,
            IsDurable = isDurable,
        };
        foreach (var (pipeline, manager) in stopped)
            managers.Adopt(pipeline, manager);
        managers.Close();
        return new(managers);
    }

    /// <inheritdoc cref="EmbeddedManagers.IsMeasured"/>
    internal bool IsMeasured
    {
        get => managers.IsMeasured;
        init => managers.IsMeasured = value;
    }

    /// <inheritdoc cref="EmbeddedManagers.Budgets"/>
    internal IBudgetedEngines? Budgets
    {
        get => managers.Budgets;
        init => managers.Budgets = value;
    }

    /// <inheritdoc cref="EmbeddedManagers.LastSequence"/>
    internal long LastSequence
    {
        get => managers.LastSequence;
        init => managers.LastSequence = value;
    }

    /// <summary>
    /// Returns the manager of a pipeline, for direct use without the port; created on first use. Without stores, a
    /// stopped pipeline gets a new manager from <see cref="IBufferAdministrator.ConfigureAsync"/>.
    /// </summary>
    public BufferManager<ConveyorRecord> GetManager(string pipeline) => managers.Get(pipeline);

    /// <summary>
    /// Stops each pipeline that is used for the first time from now on: it refuses all offers. Call this before
    /// stopping all pipelines, or an offer to a new one could still be accepted after the others have stopped.
    /// </summary>
    public void RefuseNewPipelines() => managers.Close();

    /// <summary>
    /// Disposes the service as <see cref="DisposeAsync"/> does, and blocks until done: for containers and callers
    /// without asynchronous disposal.
    /// </summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>
    /// Stops all pipelines at once. Afterwards they are as <see cref="BufferManager{T}.DisposeAsync"/> describes, and
    /// calls that would create a pipeline, change its limits or settle stored records throw
    /// <see cref="ObjectDisposedException"/>.
    /// </summary>
    public override ValueTask DisposeAsync() => managers.DisposeAsync();
}
