using System.Text.Json;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>
/// Bad input, bad commands and bad sinks: a clear message that names the thing, and the right exit code.
/// </summary>
public class FailureTests : EndToEndTests
{
    [LinuxFact]
    public async Task Only_the_failing_record_of_a_batch_becomes_a_dead_letter()
    {
        Write("in", string.Concat(Enumerable.Range(1, 100).Select(i => i == 42 ? "poison\n" : $"{i}\n")));

        var result = await RunAsync(
            "--source",
            "in",
            "--stage",
            "parse=awk '/poison/ { print \"bad line\" > \"/dev/stderr\"; exit 9 } { print }'",
            "--retries",
            "1",
            "--workers",
            "1",
            "--sink",
            "out",
            "--dead-letters",
            "bad.jsonl"
        );

        Sane(result);
        Assert.Equal(3, result.Exit);
        Assert.Equal(
            Enumerable.Range(1, 100).Where(i => i != 42).Select(i => $"{i}"),
            Read("out").Split('\n', StringSplitOptions.RemoveEmptyEntries)
        );
        Assert.Contains(
            "done, but 1 line did not go through; read 100 lines, wrote 99",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.Contains("1 dead letter, written to bad.jsonl", result.Error, StringComparison.Ordinal);
        Assert.Matches(@"parse +100 = +99 \+ +1 \+ +0 +adds up", result.Error);

        var letter = JsonDocument
            .Parse(Assert.Single(Read("bad.jsonl").Split('\n', StringSplitOptions.RemoveEmptyEntries)))
            .RootElement;
        Assert.Equal(
            ("parse", "in", 42, "poison"),
            (Text(letter, "stage"), Text(letter, "source"), letter.GetProperty("line").GetInt32(), Text(letter, "text"))
        );
        Assert.Contains("bad line", Text(letter, "error"), StringComparison.Ordinal);
        Assert.Equal("RetriesExhausted", Text(letter, "reason"));
    }

    [LinuxFact]
    public async Task A_line_that_is_too_long_is_reported_with_file_and_number()
    {
        Write("in", "one\n" + new string('x', 5000) + "\nthree\n");

        var result = await RunAsync(
            "--source",
            "in",
            "--stage",
            "same=cat",
            "--max-line",
            "1KiB",
            "--dead-letters",
            "bad.jsonl",
            "--sink",
            "out"
        );

        Sane(result);
        Assert.Equal(3, result.Exit);
        Assert.Equal("one\nthree\n", Read("out"));
        Assert.Contains("warning: in:2: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("1 dead letter (1 too long), written to bad.jsonl", result.Error, StringComparison.Ordinal);
        var letter = JsonDocument.Parse(Read("bad.jsonl")).RootElement;
        Assert.Equal((2, "TooLarge"), (letter.GetProperty("line").GetInt32(), Text(letter, "reason")));
    }

    [LinuxFact]
    public async Task A_missing_file_is_named()
    {
        var result = await RunAsync("--source", "nowhere.log", "--stage", "same=cat", "--sink", "out");

        Sane(result);
        Assert.Equal(2, result.Exit);
        Assert.Empty(result.Output);
        Assert.Contains("nowhere.log", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Folder, "out")));
    }

    [LinuxFact]
    public async Task A_folder_cannot_be_read()
    {
        var result = await RunAsync("--source", Folder, "--stage", "same=cat", "--sink", "out");

        Sane(result);
        Assert.Equal(2, result.Exit);
        Assert.Contains($"source '{Folder}' cannot be read: it is a directory", result.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task A_sink_that_is_a_source_is_refused_and_unchanged()
    {
        Numbers("in", 10);

        var result = await RunAsync("--source", "in", "--stage", "same=cat", "--sink", "./in");

        Sane(result);
        Assert.Equal(2, result.Exit);
        Assert.Equal(10, Read("in").Count(c => c == '\n'));
    }

    [LinuxFact]
    public async Task A_sink_that_cannot_be_created_is_named()
    {
        Numbers("in", 10);

        var result = await RunAsync("--source", "in", "--stage", "same=cat", "--sink", "no/such/folder/out");

        Sane(result);
        Assert.Equal(2, result.Exit);
        Assert.Contains("no/such/folder/out", result.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task A_command_that_does_not_exist_ends_the_run_and_loses_nothing()
    {
        Numbers("in", 100);
        Write("out", "of yesterday\n");

        var result = await RunAsync("--source", "in", "--stage", "bad=no-such-command-here --x", "--sink", "out");

        Sane(result);
        Assert.Equal(1, result.Exit);
        Assert.Equal("of yesterday\n", Read("out"));
        Assert.Contains("stage 'bad': command not found", result.Error, StringComparison.Ordinal);
        Assert.Contains("no-such-command-here", result.Error, StringComparison.Ordinal);
        Assert.Contains("adds up", result.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task A_stage_that_fails_as_a_whole_ends_the_run_with_the_error_of_its_command()
    {
        Numbers("in", 100);

        var result = await RunAsync("--source", "in", "--stage", "k=cd /no/such/place; cat x", "--dead-letters", "bad");

        Sane(result);
        Assert.Equal(1, result.Exit);
        Assert.StartsWith("failed: stage 'k' fails as a whole (", result.Error, StringComparison.Ordinal);
        Assert.Contains("No such file", result.Error, StringComparison.Ordinal);
        Assert.Empty(Read("bad"));
    }

    [LinuxFact]
    public async Task A_stage_in_which_no_line_matches_ends_the_run_and_names_the_flag_for_its_exit_code()
    {
        Numbers("in", 100);

        var result = await RunAsync("--source", "in", "--stage", "x=grep zebra", "--dead-letters", "bad");

        Sane(result);
        Assert.Equal(1, result.Exit);
        Assert.Contains(
            "exit 1 without a message; if this exit code means success, as for grep without a match, use --ok-exit x=0,1",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.Empty(Read("bad"));
    }

    [LinuxFact]
    public async Task A_stage_that_is_paused_because_no_line_matches_any_more_names_the_flag_for_its_exit_code()
    {
        Numbers("in", 60);

        var result = await Conveyor.ScriptAsync(
            Folder,
            "\"$PROGRAM\" run --progress plain --source in --batch 1 --workers 1 --sink out --dead-letters bad --stage 'x=grep -x 1' 2>said & "
                + "while kill -0 $! && ! grep -q 'x is paused' said; do sleep 0.1; done; kill -TERM $!; wait $!; cat said >&2"
        );

        Sane(result);
        Assert.Contains(
            "x is paused because it fails as a whole: exit 1 without a message; if this exit code means success, as for grep without a match, use --ok-exit x=0,1",
            result.Error,
            StringComparison.Ordinal
        );
    }

    [LinuxFact]
    public async Task A_stage_set_to_dead_letter_makes_dead_letters()
    {
        Numbers("in", 10);

        var result = await RunAsync(
            "--source",
            "in",
            "--stage",
            "k=exit 3",
            "--retries",
            "0",
            "--on-stage-failure",
            "k=dead-letter",
            "--dead-letters",
            "bad"
        );

        Sane(result);
        Assert.Equal(3, result.Exit);
        Assert.Equal(10, Read("bad").Count(c => c == '\n'));
    }

    [LinuxFact]
    public async Task An_outage_is_reported_and_waited_out()
    {
        Numbers("in", 400);

        var result = await Conveyor.ScriptAsync(
            Folder,
            "(while [ ! -e down ]; do sleep 0.1; done; sleep 3; echo >up) & conveyor run --progress plain --source in --batch 20 --retries 0 --sink out --dead-letters bad "
                + "--stage 'k=[ ! -e down ] || [ -e up ] || { echo no connection >&2; exit 7; }; cat; echo >down'"
        );

        Sane(result);
        Assert.Equal(0, result.Exit);
        Assert.Equal(400, Read("out").Count(c => c == '\n'));
        Assert.Empty(Read("bad"));
        Assert.Contains(
            "k is paused because it fails as a whole: exit 7: no connection",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "warning: stage 'k' failed as a whole and was paused for ",
            result.Error,
            StringComparison.Ordinal
        );
    }

    [LinuxFact]
    public async Task A_run_stopped_during_a_pause_continues_with_data_and_charges_nothing()
    {
        Numbers("in", 400);
        const string run =
            "conveyor run --data state --progress plain --source in --batch 20 --retries 0 --keep-order --sink out --dead-letters bad --stage";
        const string stage = "'k=[ ! -e down ] || [ -e up ] || { echo no connection >&2; exit 7; }; cat; echo >down'";

        var stopped = await Conveyor.ScriptAsync(
            Folder,
            $"{run.Replace("conveyor", "exec \"$PROGRAM\"", StringComparison.Ordinal)} {stage} 2>said & "
                + "while kill -0 $! && ! grep -q 'k is paused' said; do sleep 0.1; done; kill -TERM $!; wait $!; code=$?; cat said >&2; exit $code"
        );
        Write("up", "");
        var resumed = await Conveyor.ScriptAsync(Folder, $"{run} {stage}");

        Sane(stopped);
        Assert.Equal(130, stopped.Exit);
        Sane(resumed);
        Assert.Equal(0, resumed.Exit);
        Assert.Equal(Read("in"), Read("out"));
        Assert.Empty(Read("bad"));
    }

    [LinuxFact]
    public async Task A_command_that_hangs_is_killed_with_its_children()
    {
        Write("in", "one\n");
        var sign = $"31{Random.Shared.Next(100_000, 999_999)}";

        var result = await RunAsync(
            "--source",
            "in",
            "--stage",
            $"hangs=sleep {sign} & sleep {sign}",
            "--timeout",
            "300ms",
            "--retries",
            "1",
            "--dead-letters",
            "bad.jsonl"
        );

        Sane(result);
        Assert.Equal(3, result.Exit);
        Assert.Contains("timed out after 0.3 s", Read("bad.jsonl"), StringComparison.Ordinal);
        Assert.DoesNotContain(
            Directory.EnumerateDirectories("/proc").Select(d => Path.Combine(d, "cmdline")),
            file =>
                CommandLineOf(file).Contains(sign, StringComparison.Ordinal)
                && !CommandLineOf(file).Contains("--stage", StringComparison.Ordinal)
        );
    }

    [LinuxFact]
    public async Task A_command_may_close_its_input_early_or_never_read_it()
    {
        Write("in", string.Concat(Enumerable.Range(1, 20_000).Select(i => $"{i} {new string('x', 100)}\n")));

        var result = await RunAsync(
            "--source",
            "in",
            "--stage",
            "first=head -n 1 | cut -d' ' -f1",
            "--stage",
            "writes=seq 1000",
            "--stage",
            "count=wc -l",
            "--batch",
            "10000",
            "--workers",
            "1"
        );

        Sane(result);
        Assert.Equal(0, result.Exit);
        Assert.Equal(0, result.Lines.Sum(int.Parse) % 1000);
    }

    [LinuxFact]
    public async Task A_full_disk_at_the_sink_ends_the_run()
    {
        Numbers("in", 5000);

        var result = await RunAsync("--source", "in", "--stage", "same=cat", "--sink", "/dev/full");

        Sane(result);
        Assert.Equal(1, result.Exit);
        Assert.StartsWith("failed: sink '/dev/full' cannot be written: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("unfinished", result.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task A_full_disk_at_standard_output_ends_the_run()
    {
        Numbers("in", 5000);

        var result = await Conveyor.ScriptAsync(
            Folder,
            "conveyor run --source in --stage same=cat --progress none > /dev/full"
        );

        Sane(result);
        Assert.Equal(1, result.Exit);
        Assert.StartsWith("failed: ", result.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Output_closed_by_its_reader_is_not_a_failure()
    {
        Numbers("in", 300_000);

        var result = await Conveyor.ScriptAsync(
            Folder,
            "{ conveyor run --source in --stage same=cat --workers 1 --progress none; echo exit $? >&2; } | head -n 3"
        );

        Sane(result);
        Assert.Equal(["1", "2", "3"], result.Lines);
        Assert.Contains("exit 0", result.Error, StringComparison.Ordinal);
        Assert.Contains("the output was closed by its reader", result.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Wrong_usage_has_its_exit_code_in_the_built_program()
    {
        var result = await Conveyor.RunAsync(Folder, "run", "--source", "in", "--batch", "many");

        Assert.Equal(2, result.Exit);
        Assert.Empty(result.Output);
        Assert.Equal(
            "conveyor: --batch is 'many'; it must be a whole number from 1 to 1,000,000 lines\nsee conveyor run --help\n",
            result.Error
        );
    }

    static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    static string CommandLineOf(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
