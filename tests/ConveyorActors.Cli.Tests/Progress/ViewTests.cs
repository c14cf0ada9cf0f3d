using ConveyorActors.Cli.Progress;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Tests.Progress;

public class ViewTests
{
    [Theory]
    [InlineData("auto", false, false, false, "Plain")]
    [InlineData("auto", true, true, false, "Live")]
    [InlineData("auto", true, false, true, "Live")]
    [InlineData("auto", true, true, true, "None")]
    [InlineData("live", false, false, false, "Plain")]
    [InlineData("live", true, true, true, "Live")]
    [InlineData("none", true, true, false, "None")]
    [InlineData("plain", true, true, true, "Plain")]
    public void Auto_depends_on_the_terminal(
        string mode,
        bool errorIsTerminal,
        bool outIsTerminal,
        bool resultsToOut,
        string expected
    )
    {
        Assert.True(ProgressModes.Kind.TryRead(mode, out var asked));

        Assert.Equal(
            expected,
            asked.Resolve(new TestTerminal(outIsTerminal, errorIsTerminal).Terminal, resultsToOut).ToString()
        );
    }

    [Theory]
    [InlineData("Live")]
    [InlineData("Plain")]
    [InlineData("None")]
    public async Task A_view_ends_with_the_run(string mode)
    {
        var terminal = new TestTerminal();
        var view = Views.Choose(
            Enum.Parse<ProgressMode>(mode),
            terminal.Terminal,
            new FrameMaker([]),
            TimeProvider.System
        );
        var run = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        var showing = view.ShowAsync(
            () => ValueTask.FromResult<RunProgress>(Numbers.Progress(Numbers.Snapshot([]))),
            run.Task
        );
        run.SetException(new IOException("the run failed"));

        await showing.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_plain_view_writes_lines()
    {
        var terminal = new TestTerminal();
        var view = new PlainView(terminal.Terminal, new FrameMaker([]), TimeProvider.System);
        var run = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        await view.ShowAsync(
                () =>
                {
                    run.TrySetResult();
                    return ValueTask.FromResult(Numbers.Progress(Numbers.Snapshot([])));
                },
                run.Task
            )
            .WaitAsync(TimeSpan.FromSeconds(30));

        Assert.StartsWith("10.0 s: read 0 lines", terminal.Error, StringComparison.Ordinal);
        Assert.Empty(terminal.Out);
    }
}
