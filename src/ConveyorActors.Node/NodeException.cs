namespace ConveyorActors.Node;

/// <summary>
/// An error that ends the program: it prints the message for the operator and ends with the exit code.
/// </summary>
sealed class NodeException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;
}
