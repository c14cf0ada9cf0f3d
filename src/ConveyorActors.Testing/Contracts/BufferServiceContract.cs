namespace ConveyorActors.Testing.Contracts;

/// <summary>
/// The contract of every implementation of <see cref="IBufferService"/>, as tests. To test an implementation, derive a
/// class from this one and create the implementation there. The tests are in the other files of this folder, one for
/// each subject.
/// </summary>
/// <remarks>
/// Each test has its own service, clock and pipeline name, so that implementations may share expensive resources
/// between tests. Every wait is bounded in real time; for the service, time passes only by the clock.
/// </remarks>
public abstract partial class BufferServiceContract : BufferServiceTest
{
    /// <summary>
    /// Gets the prefix of the shown name of a consumer without a name, in implementations that show the node; null: no
    /// prefix.
    /// </summary>
    protected virtual string? NodeOfCaller => null;

    /// <summary>Gets whether a stopped pipeline starts again when it is configured.</summary>
    protected virtual bool StartsAgain => true;

    /// <summary>
    /// Gets the most signals that a reader may still receive if it starts to read late; more if signals can be in
    /// transit when reading starts.
    /// </summary>
    protected virtual int MostSignalsSeenLate => 257;
}
