namespace ConveyorActors.Node;

/// <summary>
/// An error that ends the program: it prints the message for the operator and ends with the exit code.
/// </summary>
sealed class NodeException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Initializes an exception for several errors, each of which is a line of the message.</summary>
    public NodeException(int exitCode, IEnumerable<string> errors)
        : this(exitCode, string.Join('\n', errors)) { }

    public int ExitCode { get; } = exitCode;
}
