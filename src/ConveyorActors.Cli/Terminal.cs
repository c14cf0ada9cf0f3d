using ConveyorActors.Pipelines.Files;
using Spectre.Console;

namespace ConveyorActors.Cli;

/// <summary>
/// Where the program writes what people read, and what is at the other end. Tests give it string writers.
/// </summary>
/// <remarks>Lines of data never go through here: the sink opens standard output itself.</remarks>
sealed record Terminal(TextWriter Out, TextWriter Error, bool OutIsTerminal, bool ErrorIsTerminal)
{
    /// <summary>Wide enough that nothing is wrapped where no terminal has a width.</summary>
    const int NoWidth = 10_000;

    const int Utf8 = 65001;
    const int Utf16 = 1200;

    /// <summary>The name the program calls itself by in messages.</summary>
    public const string ProgramName = "conveyor";

    public static Terminal OfThisProcess()
    {
        Descriptors.ClaimStandard();
        return new(
            Writer(Console.Out, Descriptors.Output),
            Writer(Console.Error, Descriptors.Error),
            !Console.IsOutputRedirected && !IsDumb,
            !Console.IsErrorRedirected && !IsDumb
        );
    }

    /// <summary>Why something could not be written to standard output; null: everything could.</summary>
    public string? OutFailure => (Out as ReportWriter)?.Failure;

    /// <summary>
    /// Reports work that is done, on standard output. Where that cannot be written the work is done all the same.
    /// </summary>
    public void Report(string line)
    {
        Out.WriteLine(line);
        Out.Flush();
        if (OutFailure is not { } why)
            return;
        Say($"standard output cannot be written: {why}; it was to say: {line}");
        ((ReportWriter)Out).Forget();
    }

    /// <summary>One message, one line, to standard error.</summary>
    public void Say(string message) => Error.WriteLine($"{ProgramName}: {message}");

    public IAnsiConsole ErrorConsole() => ConsoleOn(Error, ErrorIsTerminal);

    public IAnsiConsole OutConsole() => ConsoleOn(Out, OutIsTerminal);

    /// <summary>Takes back what a live display did to the terminal, for an exit that cannot wait for it.</summary>
    public void Restore()
    {
        const string showCursor = "\e[?25h";
        if (ErrorIsTerminal)
            Error.Write(showCursor);
        else if (OutIsTerminal)
            Out.Write(showCursor);
    }

    static ReportWriter Writer(TextWriter standard, int number) => new(standard, Descriptors.WasClosed(number));

    static bool IsDumb => Environment.GetEnvironmentVariable("TERM") is "dumb";

    static IAnsiConsole ConsoleOn(TextWriter writer, bool isTerminal)
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
