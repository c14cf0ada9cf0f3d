using ConveyorActors.Hosting.Options;
using Microsoft.Extensions.Logging;

namespace ConveyorActors.Hosting.Consuming;

/// <summary>The services and options that a consumer works with.</summary>
sealed record ConsumerParts(
    string Pipeline,
    string Stage,
    ConsumerOptions Options,
    IBufferConsumer Buffers,
    ILogger? Logger,
    TimeProvider Clock
)
{
    static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100),
        MaxDelay = TimeSpan.FromSeconds(10);

    /// <summary>Gets the log. Writing to it never throws.</summary>
    public ILogger Logger { get; } = GuardedLogger.Create(Logger);

    /// <summary>Gets the consumer's name.</summary>
    public string Name => Options.Name ?? Stage;

    /// <summary>Returns how long to wait after a failure that follows the given number of earlier ones.</summary>
    public static TimeSpan DelayAfter(int failures)
    {
        var delay = FirstDelay * Math.Pow(2, Math.Min(failures, 40));
        return delay < MaxDelay ? delay : MaxDelay;
    }
}
