namespace ConveyorActors.Buffers;

/// <summary>Reads the message of an exception whose class may be of the user's code.</summary>
static class ExceptionMessage
{
    /// <summary>
    /// Returns the exception's message, or the name of its type if the message is null or blank, or if reading it
    /// throws. Never throws.
    /// </summary>
    /// <remarks>
    /// <see cref="Exception.Message"/> is virtual. The outcome of records must not depend on how a class implements it.
    /// </remarks>
    public static string Read(Exception exception)
    {
        try
        {
            if (exception.Message is { } message && !string.IsNullOrWhiteSpace(message))
                return message;
        }
        catch (Exception)
        {
            // The type is what is known of this exception.
        }
        return exception.GetType().ToString();
    }
}
