namespace ConveyorActors.Buffers.Cores;

/// <summary>What all drainers of a <see cref="CoreBuffers{T}"/> share.</summary>
sealed record CoreDrain<T>(
    CoreSink<T> Sink,
    CoreDeadLetters<T>? DeadLetters,
    CoreBuffersSettings Settings,
    TimeProvider Clock
)
{
    /// <summary>
    /// For tests: called at each step with the number of the buffer; what it throws kills the drainer.
    /// </summary>
    public Action<CoreStep, int>? Probe { get; set; }
}
