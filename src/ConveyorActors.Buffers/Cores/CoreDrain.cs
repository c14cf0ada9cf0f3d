namespace ConveyorActors.Buffers.Cores;

/// <summary>The settings and callbacks that all drainers of a <see cref="CoreBuffers{T}"/> share.</summary>
sealed record CoreDrain<T>(
    CoreSink<T> Sink,
    CoreDeadLetters<T>? DeadLetters,
    CoreBuffersSettings Settings,
    TimeProvider Clock
)
{
    /// <summary>
    /// Gets or sets a callback for tests, called at each step with the number of the buffer; an exception that it
    /// throws kills the drainer.
    /// </summary>
    public Action<CoreStep, int>? Probe { get; set; }
}
