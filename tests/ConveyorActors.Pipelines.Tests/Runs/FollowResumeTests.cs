using ConveyorActors.Pipelines.Tests.Sources.Following;

namespace ConveyorActors.Pipelines.Tests.Runs;

/// <summary>Runs that follow files with a data directory, and go on where an earlier one stopped.</summary>
public sealed class FollowResumeTests : FollowTests
{
    [LinuxTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_follower_continues_in_files_that_were_renamed_meanwhile(int rotations)
    {
        Append("1\n2\n");
        await RunUntilAsync("1", "2");
        Append("3\n");
        List<string> lines = ["1", "2", "3"];
        for (var i = 0; i < rotations; i++)
        {
            for (var n = i; n > 0; n--)
                File.Move($"{Log}.{n}", $"{Log}.{n + 1}");
            Rename(".1");
            Append($"new {i}\n");
            lines.Add($"new {i}");
            await Task.Delay(10);
        }

        Assert.Empty((await RunUntilAsync([.. lines])).Warnings);

        Append("end\n");
        Assert.Empty((await RunUntilAsync([.. lines, "end"])).Warnings);
    }

    [LinuxFact]
    public async Task A_follower_waits_for_a_renamed_file_to_be_created_again_at_its_path()
    {
        Append("1\n");
        await RunUntilAsync("1");
        Append("2\n");
        Rename(".1");

        await using var run = FollowedRun.Start(Following(), State);
        await run.WritesAsync(Sink, "1", "2");
        Append("3\n");
        await run.WritesAsync(Sink, "1", "2", "3");
    }

    [LinuxFact]
    public async Task Late_lines_of_a_renamed_file_are_read_after_a_restart()
    {
        Append("1\n");
        await RunUntilAsync("1");
        var old = Rename(".1");
        Append("2\n");
        await RunUntilAsync("1", "2");
        await File.AppendAllTextAsync(old, "late\n");
        Append("3\n");

        await using var run = FollowedRun.Start(Following(), State);
        await run.UntilAsync(() => Written().Length == 4, () => string.Join(' ', Written()));

        Assert.Equal(["1", "2", "3", "late"], Written().Order(StringComparer.Ordinal));
    }

    [LinuxFact]
    public async Task A_missing_file_is_reported_and_the_new_one_is_read()
    {
        Append("1\n");
        await RunUntilAsync("1");
        Append("2\n");
        File.Delete(Log);
        Append("3\n");

        var report = await RunUntilAsync("1", "3");

        Assert.Equal(
            [
                $"'{Log}' had been read up to byte 2 and was not found at its path or in the same directory: any data after that byte was not read",
            ],
            report.Warnings
        );
        Assert.Empty((await RunUntilAsync("1", "3")).Warnings);
    }

    [LinuxTheory]
    [InlineData("")]
    [InlineData("new\n")]
    [InlineData("new and longer than before\n")]
    public async Task A_file_truncated_between_runs_is_read_from_its_beginning_and_is_reported(string text)
    {
        Append("1\n2\n3\n");
        await RunUntilAsync("1", "2", "3");
        Truncate(Log);
        Append(text);

        var report = await RunUntilAsync(["1", "2", "3", .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.Equal(
            [
                $"'{Log}' was truncated or rewritten after it had been read up to byte 6: any data after that byte was not read. It is now read from its beginning",
            ],
            report.Warnings
        );
    }

    [LinuxTheory]
    [InlineData("\n", "33", 0)]
    [InlineData("3\n4\n", "33 3 4", 1)]
    public async Task A_last_line_taken_at_the_stop_is_not_read_again_after_it_grew(
        string added,
        string expected,
        int warnings
    )
    {
        Append("1\n33");
        var definition = Following() with { LastLine = LastLineMode.Take };
        await using (var run = FollowedRun.Start(definition, State))
        {
            await run.WritesAsync(Sink, "1");
            await run.PassAsync(TimeSpan.FromSeconds(1));
            await run.StopAsync();
        }
        Append(added);

        await using var again = FollowedRun.Start(definition, State);
        await again.WritesAsync(Sink, ["1", .. expected.Split(' ')]);
        var report = await again.StopAsync();

        Assert.Equal(warnings, report.Warnings.Count);
    }

    [LinuxFact]
    public async Task A_partial_last_line_stays_in_the_file_until_a_later_run_finds_it_complete()
    {
        Append("1\nla");
        Assert.Single((await RunUntilAsync("1")).Warnings);
        Append("st\n");

        await RunUntilAsync("1", "last");
    }

    [LinuxFact]
    public async Task A_source_read_without_following_can_be_followed_from_its_position()
    {
        Append("1\n");
        var plain = Following() with { Sources = [new(Log, Log)] };
        await using (var run = FollowedRun.Start(plain, State))
            Assert.Equal(RunOutcome.AllSettled, (await run.EndAsync()).Outcome);
        Append("2\n");
        Rename(".1");
        Append("3\n");

        await RunUntilAsync("1", "2", "3");

        await using var refused = FollowedRun.Start(plain, State);
        var error = await Assert.ThrowsAsync<PipelineInputException>(() => refused.EndAsync());
        Assert.Equal(
            $"source '{Log}' was followed by an earlier run, and its remaining lines may be in files that it was renamed to. Continue with --follow",
            error.Message
        );
    }

    [LinuxFact]
    public async Task A_file_that_an_earlier_run_read_under_another_name_is_refused()
    {
        Append("1\n");
        await RunUntilAsync("1");
        var other = Path.Combine(Path.GetDirectoryName(Log)!, ".", "app.log");

        await using var run = FollowedRun.Start(Definition([Followed(other)]), State);
        var error = await Assert.ThrowsAsync<PipelineInputException>(() => run.EndAsync());

        Assert.StartsWith(
            $"source '{other}' is the file that an earlier run read as '{Log}'",
            error.Message,
            StringComparison.Ordinal
        );
    }

    [LinuxFact]
    public async Task A_run_that_continues_in_the_middle_of_a_file_knows_its_header()
    {
        Append("id\n1\n");
        var definition = Definition([Followed(Log)], Stage("cat")) with { HasHeader = true, DeadLetterPath = null };
        await using (var run = FollowedRun.Start(definition, State))
        {
            await run.WritesAsync(Sink, "id", "1");
            await run.StopAsync();
        }
        Append("2\n");
        Rename(".1");
        Append("id\n3\n");

        await using var again = FollowedRun.Start(definition, State);
        await again.WritesAsync(Sink, "id", "1", "2", "3");
    }

    /// <summary>Runs until the sink has these lines, and stops.</summary>
    async Task<RunReport> RunUntilAsync(params string[] lines)
    {
        await using var run = FollowedRun.Start(Following(), State);
        await run.WritesAsync(Sink, lines);
        await run.PassAsync(TimeSpan.FromSeconds(2));
        var report = await run.StopAsync();
        Assert.Equal(RunOutcome.Interrupted, report.Outcome);
        Assert.Equal(lines, Written());
        return report;
    }
}
