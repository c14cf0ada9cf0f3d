namespace ConveyorActors.Persistence;

/// <summary>A pipeline's journal cannot be what it has to be: events are missing, doubled or damaged. The pipeline is not opened.</summary>
public sealed class JournalException : Exception
{
    /// <summary>Initializes an exception.</summary>
    /// <param name="message">Names the persistence id, the place and what is wrong.</param>
    /// <param name="inner">The cause, if it is an exception.</param>
    public JournalException(string message, Exception? inner = null)
        : base(message, inner) { }
}
