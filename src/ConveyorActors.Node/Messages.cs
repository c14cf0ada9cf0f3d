using System.Reflection;

namespace ConveyorActors.Node;

/// <summary>
/// Writes the program's messages to standard error, each in one line. Standard output is for replies.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
static class Messages
{
    public const string Program = "conveyor-node";

    public static string Version { get; } =
        typeof(Messages)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+')[0]
        ?? "unknown";

    public static void Write(string message)
    {
        try
        {
            Console.Error.WriteLine($"{Program}: {message}");
        }
        catch (IOException)
        {
            // Standard error no longer has a reader; the node continues.
        }
    }

    /// <summary>Returns the innermost message of an exception, in one line and without its type or its stack.</summary>
    public static string FormatOneLine(Exception exception)
    {
        while (exception is AggregateException or TargetInvocationException && exception.InnerException is { } inner)
            exception = inner;
        var text = exception
            .Message.ReplaceLineEndings("\n")
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .FirstOrDefault();
        return (text ?? "it failed without an error message").TrimEnd('.');
    }
}
