using System.Text;
using ConveyorActors.Pipelines.Files;
using Spectre.Console;

namespace ConveyorActors.Cli;

/// <summary>The streams for messages to the user, and whether they are terminals. Tests pass string writers.</summary>
/// <remarks>Lines of data never pass through here: the sink opens standard output itself.</remarks>
sealed record Terminal(TextWriter Out, TextWriter Error, bool OutIsTerminal, bool ErrorIsTerminal)
{
    /// <summary>The width without a terminal: wide enough that nothing is wrapped.</summary>
    const int NoWidth = 10_000;

    const int Utf8 = 65001;
    const int Utf16 = 1200;

    /// <summary>The name of the program in its messages.</summary>
    public const string ProgramName = "conveyor";

    public static Terminal CreateForThisProcess()
    {
        Descriptors.ClaimStandard();
        return new(
            CreateWriter(OpenOutput(), Descriptors.Output),
            CreateWriter(Console.Error, Descriptors.Error),
            !Console.IsOutputRedirected && !IsDumb,
            !Console.IsErrorRedirected && !IsDumb
        );
    }

    /// <summary>
    /// Gets the reason why a write to standard output failed; null: none failed, or the output was closed by its reader,
    /// as head does.
    /// </summary>
    public string? OutFailure => Out is ReportWriter { IsClosedByReader: false } writer ? writer.Failure : null;

    /// <summary>
    /// Gets whether no write to standard output has failed. A command that prints until it is stopped must end when one
    /// has.
    /// </summary>
    public bool CanPrint => Out is not ReportWriter { Failure: not null };

    /// <summary>Reports finished work on standard output. A failed write does not fail the work.</summary>
    public void Report(string line)
    {
        Out.WriteLine(line);
        Out.Flush();
        if (OutFailure is not { } why)
            return;
        WriteMessage($"standard output cannot be written: {why}; the line was: {line}");
        ((ReportWriter)Out).Forget();
    }

    /// <summary>Writes one message as one line to standard error.</summary>
    public void WriteMessage(string message) => Error.WriteLine($"{ProgramName}: {message}");

    public IAnsiConsole CreateErrorConsole() => CreateConsole(Error, ErrorIsTerminal);

    public IAnsiConsole CreateOutConsole() => CreateConsole(Out, OutIsTerminal);

    /// <summary>
    /// Undoes the changes that a live display made to the terminal, for an exit that cannot wait for the display.
    /// </summary>
    public void Restore()
    {
        const string showCursor = "\e[?25h";
        if (ErrorIsTerminal)
            Error.Write(showCursor);
        else if (OutIsTerminal)
            Out.Write(showCursor);
    }

    /// <summary>
    /// Returns a writer to standard output that notices when the reader of a pipe has closed it, which .NET's console
    /// ignores.
    /// </summary>
    static TextWriter OpenOutput()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected || Descriptors.WasClosed(Descriptors.Output))
            return Console.Out;
        try
        {
            return TextWriter.Synchronized(
                new StreamWriter(
                    Descriptors.Open(Descriptors.Output, FileAccess.Write),
                    new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)
                )
                {
                    AutoFlush = true,
                }
            );
        }
        catch (IOException)
        {
            return Console.Out; // it is not open for writing; each write reports that
        }
    }

    static ReportWriter CreateWriter(TextWriter standard, int number) => new(standard, Descriptors.WasClosed(number));

    static bool IsDumb => Environment.GetEnvironmentVariable("TERM") is "dumb";

    static IAnsiConsole CreateConsole(TextWriter writer, bool isTerminal)
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(writer),
                Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
                ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
                Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
            }
        );
        if (!isTerminal)
            console.Profile.Width = NoWidth;
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")))
            console.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
        console.Profile.Capabilities.Unicode = writer.Encoding.CodePage is Utf8 or Utf16;
        return console;
    }
}
