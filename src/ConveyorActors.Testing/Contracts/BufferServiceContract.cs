namespace ConveyorActors.Testing.Contracts;

/// <summary>
/// What every implementation of <see cref="IBufferService"/> promises, sentence by sentence. To test an
/// implementation, derive a class from this one and create the implementation there. The tests are in the other files of
/// this folder, one for each subject.
/// </summary>
/// <remarks>
/// Each test has a service, a clock and a pipeline name of its own, so that implementations may share what is expensive
/// between tests. Every wait is bounded in real time; nothing but the clock makes time pass for the service.
/// </remarks>
public abstract partial class BufferServiceContract : BufferServiceTest
{
    /// <summary>What the name of a consumer that gives none begins with, where it is shown with its node.</summary>
    protected virtual string? NodeOfCaller => null;

    /// <summary>Whether a pipeline that was stopped starts again when it is configured.</summary>
    protected virtual bool StartsAgain => true;

    /// <summary>
    /// How many signals a reader may still see that starts to read late; more where they take a way that is not at its
    /// end when the reading starts.
    /// </summary>
    protected virtual int MostSignalsSeenLate => 257;
}
