namespace ConveyorActors.Streams;

/// <summary>Describes the failure of a stream, for the records that are returned because of it.</summary>
static class FailureReason
{
    /// <summary>
    /// Returns the message of the exception. Operators with asynchronous functions wrap the function's exception, or do
    /// not, depending on when its task ends.
    /// </summary>
    public static string Describe(Exception cause)
    {
        while (cause is AggregateException { InnerExceptions: [var only] })
            cause = only;
        return cause.Message;
    }
}
