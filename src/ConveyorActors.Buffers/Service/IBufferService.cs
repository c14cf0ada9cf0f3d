namespace ConveyorActors.Buffers.Service;

/// <summary>
/// The port through which pipelines, HTTP, streams, the command line and pbm use the buffers in any location.
/// The port combines small interfaces, so that a component can depend on the part it needs.
/// </summary>
/// <remarks>
/// Safe for use by many threads. A pipeline, stage or source exists from its first use. Expected outcomes are returned
/// as values; invalid arguments throw <see cref="ArgumentException"/>. A call that is cancelled while it waits leaves
/// nothing behind and loses nothing; a call that need not wait may take effect although its token was cancelled before.
/// Queries do not create pipelines: one that does not exist has the numbers of an empty, running one.
/// </remarks>
public interface IBufferService
    : IBufferProducer,
        IBufferConsumer,
        IBufferInspector,
        IBufferAdministrator,
        ICheckpointStore,
        IAsyncDisposable;
