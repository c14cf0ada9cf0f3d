using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Testing.Faults;

/// <summary>
/// The exception that is thrown when there is no reply, because a <see cref="FaultyBufferService"/> injected a lost
/// reply or a crash. Whether the call has taken effect is unknown to the caller, as with any
/// <see cref="NoReplyException"/>.
/// </summary>
/// <param name="fault">The fault.</param>
public sealed class InjectedFaultException(InjectedFault fault)
    : NoReplyException($"There was no reply; {fault ?? throw new ArgumentNullException(nameof(fault))}.")
{
    /// <summary>Gets the fault.</summary>
    public InjectedFault Fault { get; } = fault;
}
