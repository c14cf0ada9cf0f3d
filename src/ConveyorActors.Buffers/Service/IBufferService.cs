namespace ConveyorActors.Buffers.Service;

/// <summary>
/// The port: all that pipelines, HTTP, streams, the command line and pbm know of the buffers, wherever they live. It is
/// the sum of small parts, so that a component can ask for what it needs.
/// </summary>
/// <remarks>
/// Safe for use by many threads. A pipeline, stage or source exists from its first use. Expected outcomes are values;
/// wrong arguments throw <see cref="ArgumentException"/>. A cancelled call that waits leaves nothing behind and loses
/// nothing.
/// </remarks>
public interface IBufferService
    : IBufferProducer,
        IBufferConsumer,
        IBufferInspector,
        IBufferAdministrator,
        ICheckpointStore,
        IAsyncDisposable;
