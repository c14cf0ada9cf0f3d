using ConveyorActors.Pipelines.Commands;

namespace ConveyorActors.Pipelines.Tests.Commands;

/// <summary>What cmd.exe is given, wherever the test runs.</summary>
public sealed class WindowsShellTests
{
    [Theory]
    [InlineData("sort")]
    [InlineData("findstr /r \"a b\" & echo \"%TEMP%\" ^> x")]
    [InlineData("\"C:\\Program Files\\tool.exe\" \"an argument\"")]
    public void A_command_stands_between_the_two_quotes_that_the_shell_removes(string command) =>
        Assert.Equal($"/d /s /c \"{command}\"", WindowsShell.FormatArguments(command));

    [Theory]
    [InlineData("sort", null)]
    [InlineData("set X=1 && sort", null)]
    [InlineData("sort\nmore", "has a command of more than one line")]
    [InlineData("sort\r\nmore", "has a command of more than one line")]
    public void A_command_of_several_lines_is_refused_because_only_its_first_line_would_run(
        string command,
        string? why
    ) => Assert.StartsWith(why ?? "", WindowsShell.Validate(command) ?? "", StringComparison.Ordinal);

    [Fact]
    public void A_command_that_the_shell_cannot_accept_is_refused()
    {
        Assert.Null(WindowsShell.Validate(new string('x', 8_000)));
        Assert.StartsWith(
            "has a command of 8191 characters",
            WindowsShell.Validate(new string('x', 8_191)),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(WindowsShell.ConsoleControlExit, true)]
    [InlineData(128 + 15, true)]
    [InlineData(1, false)]
    public void A_command_ended_by_the_console_counts_as_ended_by_the_stop_of_the_run(int code, bool may) =>
        Assert.Equal(may, new CommandResult(CommandEnd.Failed, code, "", default).MayBeStopSignal);
}
