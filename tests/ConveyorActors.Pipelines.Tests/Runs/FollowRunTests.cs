using System.Diagnostics;
using ConveyorActors.Pipelines.Sources.Following;
using ConveyorActors.Pipelines.Tests.Sources.Following;

namespace ConveyorActors.Pipelines.Tests.Runs;

/// <summary>Runs that follow files and keep nothing.</summary>
public sealed class FollowRunTests : FollowTests
{
    [LinuxFact]
    public async Task A_growing_file_is_followed_and_a_partial_line_waits_until_it_is_complete()
    {
        Append("1\n2\n");
        await using var run = FollowedRun.Start(Following());
        await run.WritesAsync(Sink, "1", "2");
        Append("3");
        await run.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Equal("1\n2\n", await File.ReadAllTextAsync(Sink));
        Append("3\n\n");
        await run.WritesAsync(Sink, "1", "2", "33", "");

        var report = await run.StopAsync();

        Assert.Equal(
            (RunOutcome.Interrupted, 0, 4),
            (report.Outcome, report.Progress.Snapshot.Total.Pending, report.Progress.LinesRead)
        );
        Assert.Empty(report.Warnings);
    }

    [LinuxFact]
    public async Task A_renamed_file_is_read_to_its_end_including_late_lines_before_the_new_file()
    {
        Append("1\n");
        await using var run = FollowedRun.Start(Following());
        await run.WritesAsync(Sink, "1");
        var old = Rename(".1");
        await File.AppendAllTextAsync(old, "2\n");
        Append("3\n");
        await run.WritesAsync(Sink, "1", "2", "3");

        await File.AppendAllTextAsync(old, "late\n");
        await run.WritesAsync(Sink, "1", "2", "3", "late");
        Append("4\n");
        await run.WritesAsync(Sink, "1", "2", "3", "late", "4");

        Assert.Empty((await run.StopAsync()).Warnings);
    }

    [LinuxFact]
    public async Task The_new_file_waits_while_lines_still_come_in_the_renamed_one()
    {
        Append("1\n");
        await using var run = FollowedRun.Start(Following());
        await run.WritesAsync(Sink, "1");
        var old = Rename(".1");
        Append("new\n");
        List<string> lines = ["1"];
        for (var i = 2; i < 8; i++)
        {
            await File.AppendAllTextAsync(old, $"{i}\n");
            lines.Add($"{i}");
            await run.WritesAsync(Sink, lines);
        }

        await run.WritesAsync(Sink, [.. lines, "new"]);
    }

    [LinuxFact]
    public async Task Files_that_were_renamed_between_two_looks_are_read_in_their_order()
    {
        Append("1\n");
        await using var run = FollowedRun.Start(Following());
        await run.WritesAsync(Sink, "1");
        for (var i = 2; i < 6; i++)
        {
            for (var n = i - 2; n > 0; n--)
                File.Move($"{Log}.{n}", $"{Log}.{n + 1}");
            Rename(".1");
            Append($"{i}\n");
            // So that no two of them were made in the same tick of the file system's clock.
            await Task.Delay(10);
        }

        await run.WritesAsync(Sink, "1", "2", "3", "4", "5");
        Assert.Empty((await run.StopAsync()).Warnings);
    }

    [LinuxFact]
    public async Task A_truncated_file_is_read_from_its_beginning_and_is_reported()
    {
        Append("1\n2\n3\n");
        await using var run = FollowedRun.Start(Following());
        await run.WritesAsync(Sink, "1", "2", "3");

        Truncate(Log);
        Append("4\n");
        await run.WritesAsync(Sink, "1", "2", "3", "4");

        var warning = Assert.Single((await run.StopAsync()).Warnings);
        Assert.Equal(
            $"'{Log}' was truncated or rewritten after it had been read up to byte 6: any data added right before was not read. It is now read from its beginning",
            warning
        );
        Assert.Equal([warning], run.Reports);
    }

    [LinuxTheory]
    [InlineData("8\n9\n7\n6\n")]
    [InlineData("8\n9\n")]
    [InlineData("long enough\n")]
    public async Task A_rewritten_file_of_the_same_or_greater_length_is_read_again(string text)
    {
        Append("1\n2\n");
        await using var run = FollowedRun.Start(Following());
        await run.WritesAsync(Sink, "1", "2");

        await using (var file = new FileStream(Log, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.Write(System.Text.Encoding.ASCII.GetBytes(text));

        await run.WritesAsync(Sink, ["1", "2", .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Contains(
            "was truncated or rewritten after it had been read up to byte 4",
            Assert.Single((await run.StopAsync()).Warnings),
            StringComparison.Ordinal
        );
    }

    [LinuxFact]
    public async Task The_bytes_of_a_partial_line_that_were_cut_off_are_reported()
    {
        Append("1\nnot whole");
        await using var run = FollowedRun.Start(Following());
        await run.WritesAsync(Sink, "1");
        await run.PassAsync(TimeSpan.FromSeconds(1));

        Truncate(Log);

        await run.ReportsAsync("9 bytes after that were not read");
    }

    [LinuxFact]
    public async Task A_copy_that_replaces_a_file_is_read_from_its_beginning_and_is_reported()
    {
        Append("1\n2\n");
        await using var run = FollowedRun.Start(Following());
        await run.WritesAsync(Sink, "1", "2");
        await run.PassAsync(TimeSpan.FromSeconds(1));
        File.Copy(Log, Log + ".new");
        await File.AppendAllTextAsync(Log + ".new", "3\n");
        File.Move(Log + ".new", Log, overwrite: true);

        await run.WritesAsync(Sink, "1", "2", "1", "2", "3");
        await run.ReportsAsync("if it is a copy of the earlier file, its first 4 bytes come twice");
    }

    [LinuxFact]
    public async Task A_copy_next_to_a_file_is_not_mistaken_for_its_renamed_file()
    {
        Append("1\n2\n");
        await using var run = FollowedRun.Start(Following());
        await run.WritesAsync(Sink, "1", "2");
        File.Copy(Log, Log + ".1");
        Truncate(Log);
        await run.ReportsAsync("was truncated");
        Append("3\n");
        await run.WritesAsync(Sink, "1", "2", "3");
        Rename(".2");
        Append("4\n");

        await run.WritesAsync(Sink, "1", "2", "3", "4");
    }

    [LinuxTheory]
    [InlineData(null, true)]
    [InlineData(LastLineMode.Take, true)]
    [InlineData(LastLineMode.Keep, false)]
    public async Task An_incomplete_last_line_is_taken_or_left_at_the_stop(LastLineMode? mode, bool isTaken)
    {
        Append("1\nlast");
        await using var run = FollowedRun.Start(Following() with { LastLine = mode });
        await run.WritesAsync(Sink, "1");
        await run.PassAsync(TimeSpan.FromSeconds(1));

        var report = await run.StopAsync();

        Assert.Equal(isTaken ? "1\nlast\n" : "1\n", await File.ReadAllTextAsync(Sink));
        Assert.Equal(
            isTaken
                ? []
                :
                [
                    $"the last line of '{Log}' is incomplete: its 4 bytes are left for a run that finds it complete; --last-line take reads them",
                ],
            report.Warnings
        );
    }

    [LinuxFact]
    public async Task A_stop_lets_lines_already_read_go_through_and_reads_no_more()
    {
        Append(string.Concat(Numbers(200).Select(n => n + "\n")));
        using var stop = new CancellationTokenSource();
        var running = RunAsync(Definition([Followed(Log)], Stage("cat; sleep 0.05") with { Batch = 20 }), stop.Token);
        await UntilAsync(() => File.Exists(Sink) && new FileInfo(Sink).Length > 0, "the first batch is through");

        await stop.CancelAsync();
        var report = await running;

        Assert.Equal((RunOutcome.Interrupted, null), (report.Outcome, report.Error));
        Assert.Equal(Numbers(200)[..(int)report.Progress.LinesRead], Written());
        AssertNothingPending(report);
    }

    [LinuxFact]
    public async Task A_stop_waits_at_most_its_deadline_for_lines_already_read()
    {
        Append(string.Concat(Numbers(20).Select(n => n + "\n")));
        using var stop = new CancellationTokenSource();
        var started = Temp.Path("started");
        var running = RunAsync(
            Definition([Followed(Log)], Stage($"echo x >>{started}; exec sleep 600") with { Batch = 5 }) with
            {
                StopDeadline = TimeSpan.FromMilliseconds(200),
            },
            stop.Token
        );
        await Processes.AppearsAsync(started);

        await stop.CancelAsync();
        var report = await running;

        Assert.Equal((RunOutcome.Interrupted, 20), (report.Outcome, report.Progress.Snapshot.Total.Pending));
    }

    [LinuxFact]
    public async Task Each_file_of_a_followed_source_begins_with_its_header()
    {
        Append("id\n1\n");
        await using var run = FollowedRun.Start(Following() with { HasHeader = true });
        await run.WritesAsync(Sink, "id", "1");
        Rename(".1");
        Append("id\n2\n");
        await run.WritesAsync(Sink, "id", "1", "2");
        Rename(".2");
        Append("other\n3\n");

        var report = await run.EndAsync();

        Assert.Equal(RunOutcome.Failed, report.Outcome);
        Assert.Equal(
            $"the file that is now '{Log}' begins with the header 'other', and earlier files with the header 'id': a followed source can have only one header",
            report.Error
        );
    }

    [LinuxFact]
    public async Task A_line_too_long_is_a_dead_letter_wherever_its_parts_came_from()
    {
        Append("1\n" + new string('x', 200));
        await using var run = FollowedRun.Start(Following() with { MaxLine = 100, DeadLetterPath = DeadLetters });
        await run.WritesAsync(Sink, "1");
        Append(new string('y', 200) + "\n2\n");
        await run.WritesAsync(Sink, "1", "2");

        var report = await run.StopAsync();

        Assert.Equal(1, report.Progress.LinesTooLong);
        Assert.Equal(2, Assert.Single(Dead()).GetProperty("line").GetInt64());
    }

    [LinuxFact]
    public async Task Records_that_end_with_NUL_are_followed_too()
    {
        Append("a\nb\0");
        await using var run = FollowedRun.Start(Following() with { NullTerminated = true });
        await run.UntilAsync(
            () => File.Exists(Sink) && new FileInfo(Sink).Length == 4,
            () => "the first record comes out"
        );
        Append("c\0d");
        await run.UntilAsync(() => new FileInfo(Sink).Length == 6, () => "the second record comes out");

        Assert.Equal("a\nb\0c\0", await File.ReadAllTextAsync(Sink));
    }

    [LinuxFact]
    public async Task A_deleted_file_is_closed_after_a_while_and_a_new_file_at_its_path_is_followed()
    {
        Append("1\n");
        await using var run = FollowedRun.Start(Following());
        await run.WritesAsync(Sink, "1");
        File.Delete(Log);
        await run.PassAsync(2 * FollowReader.WatchTime, TimeSpan.FromSeconds(5));
        await run.ReportsAsync($"'{Log}' was deleted after it had been read up to byte 2");
        Append("2\n");

        await run.WritesAsync(Sink, "1", "2");
    }

    [LinuxFact]
    public async Task A_file_that_another_source_follows_is_not_followed_twice()
    {
        Append("1\n");
        File.CreateSymbolicLink(Temp.Path("link"), Log);
        await using var run = FollowedRun.Start(Definition([Followed(Log), Followed(Temp.Path("link"))]));

        var error = await Assert.ThrowsAsync<PipelineInputException>(() => run.EndAsync());

        Assert.Equal(
            $"source '{Temp.Path("link")}' is the file that source '{Log}' follows; a file can be followed only once",
            error.Message
        );
    }

    [LinuxTheory]
    [InlineData(
        "-",
        "standard input cannot be followed: it is read until its writer closes it anyway; leave --follow out, or name a file"
    )]
    [InlineData("/dev/stdin", "source '/dev/stdin' cannot be followed: it is read until its writer closes it")]
    [InlineData("a.gz", "source 'a.gz' cannot be followed: a file in gzip format does not grow line by line")]
    [InlineData("/dev/null", "source '/dev/null' cannot be followed: it is not a file")]
    [InlineData("/tmp", "source '/tmp' cannot be read: it is a directory")]
    [InlineData("/no/such/file", "source '/no/such/file' cannot be read: no such file")]
    public async Task A_source_that_cannot_be_followed_is_refused_with_the_valid_kinds(string path, string why)
    {
        await File.WriteAllTextAsync(Sink, "before");
        await using var run = FollowedRun.Start(Definition([Followed(path)]));

        var error = await Assert.ThrowsAsync<PipelineInputException>(() => run.EndAsync());

        Assert.StartsWith(why, error.Message, StringComparison.Ordinal);
        Assert.Equal("before", await File.ReadAllTextAsync(Sink));
    }

    [LinuxFact]
    public async Task A_named_pipe_cannot_be_followed()
    {
        var pipe = Temp.Path("pipe");
        await Process.Start("mkfifo", pipe).WaitForExitAsync();

        Assert.StartsWith(
            $"source '{pipe}' cannot be followed: a named pipe is read until its last writer closes it",
            FollowCheck.Validate(pipe),
            StringComparison.Ordinal
        );
    }
}
