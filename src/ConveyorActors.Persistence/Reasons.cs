namespace ConveyorActors.Persistence;

static class Reasons
{
    /// <summary>Returns an exception's message in one line, with the innermost exception's message.</summary>
    public static string Describe(Exception failure)
    {
        while (failure is AggregateException { InnerException: { } one })
            failure = one;
        var inner = failure;
        while (inner.InnerException is { } deeper)
            inner = deeper;
        var text = ReferenceEquals(inner, failure)
            ? ExceptionMessage.Read(failure)
            : $"{ExceptionMessage.Read(failure)} ({ExceptionMessage.Read(inner)})";
        return text.ReplaceLineEndings(" ").TrimEnd('.');
    }
}
