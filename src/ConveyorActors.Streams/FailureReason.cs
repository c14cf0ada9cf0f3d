using ConveyorActors.Buffers;

namespace ConveyorActors.Streams;

/// <summary>Describes the failure of a stream, for the records that are returned because of it.</summary>
static class FailureReason
{
    /// <summary>
    /// Returns the message of the exception, or the name of its type if it has none. Operators with asynchronous functions wrap the function's exception, or do
    /// not, depending on when its task ends.
    /// </summary>
    public static string Describe(Exception cause)
    {
        while (cause is AggregateException { InnerExceptions: [var only] })
            cause = only;
        return ExceptionMessage.Read(cause);
    }
}
