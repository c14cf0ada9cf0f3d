using ConveyorActors.Pipelines.Sources;
using ConveyorActors.Pipelines.Sources.Following;
using ConveyorActors.Pipelines.Tests.Sources.Following;

namespace ConveyorActors.Pipelines.Tests.Runs;

/// <summary>Patterns whose new matches become sources while a run follows them.</summary>
public sealed class FollowPatternTests : FollowTests
{
    [LinuxFact]
    public async Task A_file_that_matches_a_pattern_later_becomes_a_source()
    {
        await using var run = FollowedRun.Start(Matching("*.log"));
        await run.PassAsync(TimeSpan.FromSeconds(2));
        Temp.File("new.log", "1\n");
        await run.WritesAsync(Sink, "1");
        Temp.File("other.log", "2\n");
        await run.WritesAsync(Sink, "1", "2");
        await File.AppendAllTextAsync(Temp.Path("new.log"), "3\n");
        await run.WritesAsync(Sink, "1", "2", "3");

        var report = await run.StopAsync();

        Assert.Empty(report.Warnings);
        Assert.Equal([Temp.Path("new.log"), Temp.Path("other.log")], report.Progress.Sources.Select(s => s.Name));
    }

    [LinuxFact]
    public async Task A_file_renamed_to_another_match_stays_the_same_source()
    {
        Append("1\n");
        await using var run = FollowedRun.Start(Matching("app.log*", Log));
        await run.WritesAsync(Sink, "1");
        for (var i = 2; i < 5; i++)
        {
            for (var n = i - 2; n > 0; n--)
                File.Move($"{Log}.{n}", $"{Log}.{n + 1}");
            Rename(".1");
            Append($"{i}\n");
            await run.WritesAsync(Sink, Numbers(i));
            await run.PassAsync(TimeSpan.FromSeconds(3));
        }

        Assert.Empty((await run.StopAsync()).Warnings);
        Assert.Equal(Numbers(4), Written());
    }

    [LinuxFact]
    public async Task A_match_whose_name_is_not_UTF8_is_reported_and_the_others_are_read()
    {
        await using var run = FollowedRun.Start(Matching("*.log"));
        await run.PassAsync(TimeSpan.FromSeconds(2));
        await ShellAsync("echo no > \"$(printf 'b\\377.log')\"");
        try
        {
            Temp.File("new.log", "1\n");
            await run.WritesAsync(Sink, "1");
            await run.ReportsAsync(@"b\xFF.log' matches");

            Assert.Contains("its name is not UTF-8: it is not read", Assert.Single((await run.StopAsync()).Warnings));
        }
        finally
        {
            await ShellAsync("rm -f b*");
        }
    }

    [LinuxFact]
    public async Task Matches_that_are_compressed_or_written_by_the_run_are_not_read()
    {
        var definition = Matching("*") with { Sink = new(Temp.Path("sink")), DeadLetterPath = null };
        Append("1\n");
        await using var run = FollowedRun.Start(definition);
        await run.UntilAsync(
            () => File.Exists(Temp.Path("sink")) && new FileInfo(Temp.Path("sink")).Length > 0,
            () => "the log is read"
        );
        Temp.File("app.log.1.gz", "no line\n");
        await run.PassAsync(TimeSpan.FromSeconds(5));

        await run.ReportsAsync($"'{Temp.Path("sink")}' matches '{Temp.Path("*")}' and is the sink");
        Assert.Equal("1\n", await File.ReadAllTextAsync(Temp.Path("sink")));
    }

    [LinuxFact]
    public async Task A_copy_of_a_followed_file_that_matches_is_not_read()
    {
        Append("1\n2\n");
        List<string> lines = ["1", "2"];
        for (var i = 0; i < 3; i++)
        {
            await using var run = FollowedRun.Start(
                Matching("app.log*", [Log, .. Enumerable.Range(0, i).Select(n => $"{Log}.{n}")]),
                State
            );
            await run.WritesAsync(Sink, lines);
            // As copytruncate does it, while a run is there and while none is.
            File.Copy(Log, $"{Log}.{i}");
            if (i == 1)
                await run.StopAsync();
            Truncate(Log);
            if (i != 1)
                await run.ReportsAsync("was truncated");
            Append($"new {i}\n");
            lines.Add($"new {i}");
            if (i == 1)
                continue;
            await run.PassAsync(TimeSpan.FromSeconds(3));
            await run.WritesAsync(Sink, lines);
        }
        await using var last = FollowedRun.Start(Matching("app.log*", Log, Log + ".0", Log + ".1", Log + ".2"), State);
        await last.PassAsync(TimeSpan.FromSeconds(3));
        File.Copy(Log, Log + ".3");
        await last.ReportsAsync(
            $"'{Log}.3' was created next to '{Log}' and begins with the same bytes: it is treated as a copy, and is not read"
        );
        Append("end\n");

        await last.WritesAsync(Sink, [.. lines, "end"]);
    }

    [LinuxFact]
    public async Task A_match_renamed_between_runs_is_read_to_its_end()
    {
        await using (var run = FollowedRun.Start(Matching("*.log"), State))
        {
            await run.PassAsync(TimeSpan.FromSeconds(1));
            Append("1\n");
            await run.WritesAsync(Sink, "1");
            await run.StopAsync();
        }
        Append("2\n");
        Rename(".1");

        await using (var again = FollowedRun.Start(Matching("*.log"), State))
        {
            await again.WritesAsync(Sink, "1", "2");
            Append("3\n");
            await again.WritesAsync(Sink, "1", "2", "3");
            Assert.Empty((await again.StopAsync()).Warnings);
        }
        File.Delete(Log);
        File.Delete(Log + ".1");

        for (var i = 0; i < 2; i++)
        {
            await using var last = FollowedRun.Start(Matching("*.log"), State);
            await last.PassAsync(TimeSpan.FromSeconds(2));
            // Told once, and not for ever.
            Assert.Equal(
                i == 0,
                (await last.StopAsync()).Warnings.Any(w =>
                    w.Contains("was not found at its path", StringComparison.Ordinal)
                )
            );
        }
    }

    [LinuxFact]
    public void A_pattern_maps_its_source_names_to_paths()
    {
        var pattern = new FollowedPattern(PathPattern.Find("no/such/*.log")!, path => $"logs:{path}")
        {
            Prefix = "logs:",
        };

        Assert.Equal("no/such/a.log", pattern.FindPath("logs:no/such/a.log"));
        Assert.Null(pattern.FindPath("no/such/a.log"));
        Assert.Null(pattern.FindPath("logs:no/such/a.txt"));
        Assert.Null(pattern.FindPath("logs:no/such/deeper/a.log"));
    }

    PipelineDefinition Matching(string pattern, params string[] now) =>
        Following() with
        {
            Sources = [.. now.Select(path => new SourceDefinition(path, path) { Follow = true, IsMatch = true })],
            Patterns = [new FollowedPattern(PathPattern.Find(Temp.Path(pattern))!, path => path)],
        };

    async Task ShellAsync(string script)
    {
        using var shell = System.Diagnostics.Process.Start("/bin/sh", ["-c", $"cd '{Temp.Path(".")}'; {script}"]);
        await shell.WaitForExitAsync();
        Assert.Equal(0, shell.ExitCode);
    }
}
