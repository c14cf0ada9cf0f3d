namespace ConveyorActors.Node;

/// <summary>An error for the operator: the program ends with the exit code, after the message.</summary>
sealed class NodeException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;
}
