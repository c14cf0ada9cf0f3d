namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>Named pipes as sources: none waits for another.</summary>
public class PipeTests : EndToEndTests
{
    [LinuxFact]
    public async Task Pipes_whose_writers_come_in_another_order_do_not_wait_for_each_other()
    {
        // More than a pipe holds: the second writer comes only when the first pipe is being read.
        var result = await Conveyor.ScriptAsync(
            Folder,
            "mkfifo p1 p2; (seq 50000 > p2; seq 50001 50010 > p1) & conveyor run --progress none --source p1 --source p2 --sink out; e=$?; wait; exit $e"
        );

        Sane(result);
        Assert.Equal(0, result.Exit);
        Assert.Equal(50_010, Read("out").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [LinuxTheory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_pipe_that_no_process_opens_is_reported_and_the_run_can_be_stopped(string signal)
    {
        await Conveyor.ScriptAsync(Folder, "seq 5 > in; mkfifo p1");
        using var conveyor = Conveyor.Start(
            Folder,
            withInput: false,
            "run",
            "--progress",
            "plain",
            "--source",
            "p1",
            "--source",
            "in",
            "--sink",
            "out"
        );
        await conveyor.SaysAsync(new("conveyor: waiting for a writer of p1"));
        while (!File.Exists(Path.Combine(Folder, "out")) || Read("out").Length < 10)
            await Task.Delay(20);
        conveyor.Signal(signal);

        var result = await conveyor.EndAsync();

        Sane(result);
        Assert.Contains("interrupted", result.Error, StringComparison.Ordinal);
        Assert.Equal("1\n2\n3\n4\n5\n", Read("out"));
    }

    [LinuxFact]
    public async Task A_sink_without_a_reader_is_reported_and_the_run_can_be_stopped()
    {
        await Conveyor.ScriptAsync(Folder, "seq 5 > in; mkfifo p3");
        using var conveyor = Conveyor.Start(
            Folder,
            withInput: false,
            "run",
            "--progress",
            "plain",
            "--source",
            "in",
            "--sink",
            "p3"
        );
        await conveyor.SaysAsync(new("conveyor: waiting for a reader of p3"));
        conveyor.Signal("INT");

        var result = await conveyor.EndAsync();

        Sane(result);
        Assert.Contains("interrupted", result.Error, StringComparison.Ordinal);
    }
}
