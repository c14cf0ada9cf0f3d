using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;
using ConveyorActors.Storage;

namespace ConveyorActors.Cli;

/// <summary>
/// Renders an exception as one sentence without its type name, its stack trace and a full stop at its end, because the
/// caller's sentence may go on.
/// </summary>
static class ExceptionSentence
{
    public static string Format(Exception exception)
    {
        while (
            exception is AggregateException { InnerExceptions.Count: 1 } or System.Reflection.TargetInvocationException
            && exception.InnerException is { } inner
        )
            exception = exception.InnerException!;
        // Messages of this program are one line, but a name in them may contain line breaks.
        if (exception is PipelineInputException or StorageException)
            return Printable.Sanitize(exception.Message, 2000);
        var lines = exception.Message.Split(
            '\n',
            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries
        );
        return Printable.Sanitize(
            lines.Length == 0 ? "it failed without an error message" : lines[0].TrimEnd('.'),
            400
        );
    }
}
