namespace ConveyorActors.Buffers.Inspection;

/// <summary>Formats an exception in one line, without its type, its parameter or its stack.</summary>
static class ExceptionLine
{
    public static string Format(Exception exception)
    {
        while (exception is AggregateException { InnerExceptions: [var only] })
            exception = only;
        var text = ExceptionMessage
            .Read(exception)
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)[0];
        if (exception is not ArgumentException)
            return text;
        var end = text.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return end < 0 ? text : text[..end];
    }
}
