namespace ConveyorActors.Testing.Faults;

/// <summary>
/// There was no reply, because a <see cref="FaultyBufferService"/> was told to lose it or to crash. The call has taken
/// effect or not; as with any <see cref="TimeoutException"/>, the caller cannot know.
/// </summary>
/// <param name="fault">The fault.</param>
public sealed class InjectedFaultException(InjectedFault fault)
    : TimeoutException($"There was no reply; {fault ?? throw new ArgumentNullException(nameof(fault))}.")
{
    /// <summary>Gets the fault.</summary>
    public InjectedFault Fault { get; } = fault;
}
