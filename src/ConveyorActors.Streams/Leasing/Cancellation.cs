using Akka.Streams;

namespace ConveyorActors.Streams.Leasing;

static class Cancellation
{
    /// <summary>True when downstream finished because it needs nothing more, false when it failed.</summary>
    public static bool IsNormal(Exception cause) => cause is SubscriptionWithCancelException.NonFailureCancellation;
}
