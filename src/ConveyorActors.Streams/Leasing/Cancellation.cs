using Akka.Streams;

namespace ConveyorActors.Streams.Leasing;

static class Cancellation
{
    /// <summary>Returns whether downstream finished because it needs no further element; false: it failed.</summary>
    public static bool IsNormal(Exception cause) => cause is SubscriptionWithCancelException.NonFailureCancellation;
}
