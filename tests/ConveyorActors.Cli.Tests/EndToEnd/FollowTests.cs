using System.Text.RegularExpressions;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>The program on files that grow and are rotated.</summary>
public class FollowTests : EndToEndTests
{
    [LinuxTheory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_a_followed_run_and_the_lines_already_read_go_through(string signal)
    {
        Write("app.log", "1\n2\n");
        using var conveyor = Start("--source", "app.log", "--stage", "same=cat", "--sink", "out");
        await UntilAsync(() => Text("out") == "1\n2\n");
        Append("3\n4");
        await UntilAsync(() => Text("out") == "1\n2\n3\n");

        conveyor.Signal(signal);
        var result = await conveyor.EndAsync();

        Sane(result);
        Assert.Equal(130, result.Exit);
        Assert.Contains(
            "interrupted, and all lines that were read are settled; read 4 lines, wrote 4",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.Equal("1\n2\n3\n4\n", Read("out"));
    }

    [LinuxFact]
    public async Task Ambiguous_changes_are_reported_at_once_and_in_the_summary()
    {
        Write("app.log", "1\n2\n");
        using var conveyor = Start("--source", "app.log", "--sink", "out");
        await UntilAsync(() => Text("out") == "1\n2\n");
        await using (
            var file = new FileStream(
                Path.Combine(Folder, "app.log"),
                FileMode.Open,
                FileAccess.Write,
                FileShare.ReadWrite
            )
        )
            file.SetLength(0);

        await conveyor.SaysAsync(
            new Regex("conveyor: warning: 'app.log' was truncated or rewritten after it had been read up to byte 4")
        );
        conveyor.Signal("INT");
        var result = await conveyor.EndAsync();

        Sane(result);
        Assert.Equal(2, Regex.Count(result.Error, "was truncated or rewritten"));
    }

    [LinuxTheory]
    [InlineData("-", "standard input cannot be followed")]
    [InlineData(
        "app.log.gz",
        "source 'app.log.gz' cannot be followed: a file in gzip format does not grow line by line"
    )]
    [InlineData("none.log", "source 'none.log' cannot be read: no such file")]
    public async Task Following_an_unsupported_source_is_wrong_usage(string source, string why)
    {
        Write("app.log.gz", "");

        var result = await RunAsync("--follow", "--source", source, "--sink", "out");

        Sane(result);
        Assert.Equal(2, result.Exit);
        Assert.Contains(why, result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Folder, "out")));
    }

    [LinuxFact]
    public async Task A_pattern_of_a_pipeline_file_is_followed_if_the_file_sets_it()
    {
        Write("plain", "plain\n");
        Write(
            "p.json",
            """{ "sources": ["plain", { "name": "logs", "path": "*.log", "follow": true }], "stages": [], "sink": "out" }"""
        );
        using var conveyor = Conveyor.Start(
            Folder,
            withInput: false,
            "run",
            "--progress",
            "none",
            "--pipeline",
            "p.json"
        );
        await UntilAsync(() => Text("out") == "plain\n");
        Write("new.log", "1\n");
        await UntilAsync(() => Text("out") == "plain\n1\n");

        conveyor.Signal("TERM");
        var result = await conveyor.EndAsync();

        Sane(result);
        Assert.Equal(130, result.Exit);
        Assert.Contains("read 2 lines, wrote 2", result.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task A_run_with_a_data_directory_continues_in_a_renamed_file_and_reads_the_new_one()
    {
        string[] arguments = ["--data", "state", "--source", "app.log", "--stage", "same=cat", "--sink", "out"];
        Write("app.log", "1\n2\n");
        await StopAtAsync(arguments, "1\n2\n");
        Append("3\n");
        using (
            var move = System.Diagnostics.Process.Start(
                "/bin/sh",
                ["-c", $"cd '{Folder}' && mv app.log app.log.1 && echo 4 > app.log"]
            )
        )
            await move.WaitForExitAsync();

        var result = await StopAtAsync(arguments, "1\n2\n3\n4\n");

        Sane(result);
        Assert.Equal(130, result.Exit);
        Assert.DoesNotContain("warning", result.Error, StringComparison.Ordinal);
    }

    async Task<Conveyor.Result> StopAtAsync(string[] arguments, string text)
    {
        using var conveyor = Start(arguments);
        await UntilAsync(() => Text("out") == text);
        conveyor.Signal("INT");
        return await conveyor.EndAsync();
    }

    Conveyor Start(params string[] arguments) =>
        Conveyor.Start(Folder, withInput: false, ["run", "--progress", "none", "--follow", .. arguments]);

    void Append(string text) => File.AppendAllText(Path.Combine(Folder, "app.log"), text);

    string Text(string name) => File.Exists(Path.Combine(Folder, name)) ? Read(name) : "";

    static async Task UntilAsync(Func<bool> holds)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !holds(); await Task.Delay(10))
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(60));
    }
}
