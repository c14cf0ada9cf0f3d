namespace ConveyorActors.Persistence;

/// <summary>
/// The exception that is thrown when events of a pipeline's journal are missing, duplicated or damaged. The pipeline is
/// not opened.
/// </summary>
public sealed class JournalException : Exception
{
    /// <summary>Initializes an exception.</summary>
    /// <param name="message">The message, with the persistence id, the place and the error.</param>
    /// <param name="inner">The cause, if it is an exception.</param>
    public JournalException(string message, Exception? inner = null)
        : base(message, inner) { }
}
