using System.Text;
using ConveyorActors.Pipelines.Commands;
using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Tests.Commands;

/// <summary>
/// The way of Windows to run a command, with the shell of Unix: what they share is .NET's processes and pipes.
/// </summary>
public sealed class PortableCommandTests
{
    const int MaxResults = 1 << 20;

    static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    readonly ErrorTail errors = new();
    readonly ResultLines results = new(LineReader.Newline, MaxResults);

    [UnixFact]
    public async Task A_command_receives_its_input_and_returns_its_output_and_exit_code()
    {
        var exit = await RunAsync("cat; echo why >&2; exit 3", "a\nb\n");

        Assert.Equal(new CommandExit(ExitKind.Exited, 3), exit);
        Assert.Equal(2, results.Count);
        Assert.Equal("why", errors.GetLastLine());
    }

    [UnixFact]
    public async Task A_command_may_end_without_reading_its_input() =>
        Assert.Equal(new CommandExit(ExitKind.Exited), await RunAsync("exit 0", new string('x', 1 << 20)));

    [UnixFact]
    public async Task A_stopped_command_is_killed_together_with_its_children()
    {
        using var stop = new CancellationTokenSource();
        var running = RunAsync("sleep 60 | sleep 60", "", stop.Token);
        await stop.CancelAsync();

        Assert.Equal(ExitKind.Stopped, (await running).Kind);
    }

    [UnixFact]
    public async Task A_background_process_that_keeps_the_input_does_not_delay_the_result() =>
        Assert.Equal(
            new CommandExit(ExitKind.Exited),
            await RunAsync("exec 3<&0; sleep 40 <&3 >/dev/null 2>&1 & exit 0", new string('x', 1 << 20))
        );

    Task<CommandExit> RunAsync(string command, string input, CancellationToken stop = default) =>
        PortableCommand
            .RunAsync(
                command,
                stream => stream.Write(Encoding.UTF8.GetBytes(input)),
                results,
                errors,
                TimeProvider.System,
                stop
            )
            .WaitAsync(Limit, CancellationToken.None);
}
