using System.Text;
using ConveyorActors.Pipelines.Files;

namespace ConveyorActors.Cli;

/// <summary>
/// Writes to standard output or standard error. A failed write never ends the work that is being reported.
/// </summary>
/// <remarks>As safe for use by many threads as the underlying writer.</remarks>
sealed class ReportWriter(TextWriter inner, bool isClosed = false) : TextWriter
{
    /// <summary>Gets the reason why a write failed; null: none failed.</summary>
    public string? Failure { get; private set; }

    /// <summary>Gets whether a write failed because the reader of a pipe has closed it.</summary>
    public bool IsClosedByReader { get; private set; }

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Try(value, static (to, c) => to.Write(c));

    public override void Write(string? value) => Try(value, static (to, text) => to.Write(text));

    public override void Write(char[] buffer, int index, int count) =>
        Try(buffer.AsMemory(index, count), static (to, text) => to.Write(text.Span));

    public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

    // Lines are written in one piece, so that lines of several threads do not mix.
    public override void WriteLine(string? value) => Try(value, static (to, text) => to.WriteLine(text));

    public override void WriteLine() => Try(0, static (to, _) => to.WriteLine());

    public override void Flush()
    {
        if (!isClosed)
            Try(0, static (to, _) => to.Flush());
    }

    /// <summary>Forgets a failure that no longer matters.</summary>
    public void Forget() => (Failure, IsClosedByReader) = (null, false);

    void Try<T>(T value, Action<TextWriter, T> write)
    {
        try
        {
            // The descriptor number may belong to a file of the runtime.
            if (isClosed)
                throw new IOException("it is closed");
            write(inner, value);
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or ObjectDisposedException or NotSupportedException)
        {
            IsClosedByReader |= Failure is null && e is IOException broken && Failures.IsBrokenPipe(broken);
            Failure ??= ExceptionSentence.Format(e);
        }
    }
}
