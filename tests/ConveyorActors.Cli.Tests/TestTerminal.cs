namespace ConveyorActors.Cli.Tests;

/// <summary>A terminal whose two ends are strings, with the same line ends on every system.</summary>
sealed class TestTerminal
{
    readonly StringWriter output = new() { NewLine = "\n" },
        error = new() { NewLine = "\n" };

    public TestTerminal(bool outIsTerminal = false, bool errorIsTerminal = false) =>
        Terminal = new(output, error, outIsTerminal, errorIsTerminal);

    public Terminal Terminal { get; }

    public string Out => output.ToString();

    public string Error => error.ToString();

    /// <summary>Runs the program in this process.</summary>
    public static async Task<(int Exit, string Out, string Error)> ConveyorAsync(params string[] arguments)
    {
        var terminal = new TestTerminal();
        var exit = await CommandLine.RunAsync(arguments, terminal.Terminal);
        return (exit, terminal.Out, terminal.Error);
    }
}
