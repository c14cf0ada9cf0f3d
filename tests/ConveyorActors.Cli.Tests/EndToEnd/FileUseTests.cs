namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>
/// What a run reads, writes and owns: judged by what is open, and changed by nobody before the run can begin.
/// </summary>
public class FileUseTests : EndToEndTests
{
    [LinuxFact]
    public async Task A_data_directory_that_cannot_be_created_is_wrong_usage_like_such_a_sink()
    {
        Numbers("in", 1);

        var data = await RunAsync("--source", "in", "--data", "/proc/x", "--sink", "out");
        var sink = await RunAsync("--source", "in", "--sink", "/nodir/x");

        Sane(data);
        Assert.Equal(
            (2, "conveyor: data directory '/proc/x' cannot be created: the file system does not allow it\n"),
            (data.Exit, data.Error)
        );
        Assert.Equal(2, sink.Exit);
        Assert.False(File.Exists(Path.Combine(Folder, "out")));
    }

    [LinuxTheory]
    [InlineData("conveyor run --source f --sink g", "sink 'g' is also the source 'f'")]
    [InlineData(
        "conveyor run --source f --stage k=cat --sink o --dead-letters g",
        "dead-letter file 'g' is also the source 'f'"
    )]
    [InlineData("conveyor run --source - --sink f < g", "sink 'f' is also the standard input")]
    [InlineData("conveyor run --source /dev/stdin --sink g < f", "sink 'g' is also the source '/dev/stdin'")]
    [InlineData("conveyor run --source /proc/self/fd/5 --sink f 5< f", "sink 'f' is also the source '/proc/self/fd/5'")]
    [InlineData(
        "conveyor run --source f --stage k=cat >> g",
        "standard output (the file '{g}') is also the source 'f'"
    )]
    [InlineData(
        "conveyor run --source f --sink /dev/fd/6 6>> f",
        "sink '/dev/fd/6' (the file '{f}') is also the source 'f'"
    )]
    [InlineData(
        "conveyor run --source f --stage k=cat --sink o --dead-letters /dev/stdout > o",
        "sink 'o' is also the dead-letter file '/dev/stdout'"
    )]
    [InlineData(
        "conveyor run --source f --stage k=cat --dead-letters o > o",
        "standard output (the file '{o}') is also the dead-letter file 'o'"
    )]
    [InlineData(
        "conveyor run --source f --sink /dev/stdout --dead-letters /dev/fd/1 > o",
        "sink '/dev/stdout' (the file '{o}') is also the dead-letter file '/dev/fd/1'"
    )]
    [InlineData("conveyor run --source f > o 2> o", "standard error (the file '{o}') is also standard output")]
    [InlineData("conveyor run --source f --sink o 2> o", "standard error (the file '{o}') is also the sink 'o'")]
    [InlineData("conveyor run --source f --sink o 2>> f", "standard error (the file '{f}') is also the source 'f'")]
    [InlineData("conveyor run --pipeline p --sink q", "sink 'q' is also the pipeline file 'p'")]
    [InlineData("conveyor run --pipeline p --dead-letters p", "dead-letter file 'p' is also the pipeline file 'p'")]
    [InlineData("cat p | conveyor run --pipeline /dev/stdin --source -", "also the standard input")]
    [InlineData("conveyor run --source - --source /dev/stdin < f", "'-' and '/dev/stdin' are the same descriptor")]
    [InlineData("conveyor run --source pipe --sink pipe", "sink 'pipe' is also the source 'pipe'")]
    [InlineData("conveyor bench --seconds 1 --json o > o", "standard output (the file '{o}') is also the --json 'o'")]
    public async Task One_file_with_two_uses_is_refused_with_both_names(string script, string why)
    {
        Numbers("f", 9);
        Write("p", """{ "sources": ["f"], "stages": [] }""");

        var result = await Conveyor.ScriptAsync(
            Folder,
            $"ln f g; ln p q; mkfifo pipe; : > o; ({script}) > said 2> errors; code=$?; cat errors said o >&2; exit $code"
        );

        foreach (var name in "fgo")
            why = why.Replace($"{{{name}}}", Path.Combine(Folder, $"{name}"), StringComparison.Ordinal);
        if (script.Contains("2>> f", StringComparison.Ordinal))
            Assert.StartsWith(
                string.Concat(Enumerable.Range(1, 9).Select(i => $"{i}\n")) + "conveyor: " + why,
                Read("f"),
                StringComparison.Ordinal
            );
        else
        {
            Assert.Contains(why, result.Error, StringComparison.Ordinal);
            Assert.Equal(string.Concat(Enumerable.Range(1, 9).Select(i => $"{i}\n")), Read("f"));
        }
        Assert.Equal(2, result.Exit);
        Assert.Contains("sources", Read("p"), StringComparison.Ordinal);
    }

    [LinuxTheory]
    [InlineData("conveyor run --progress none --source f > o 2>&1", "1\n2\n3\ndone")]
    [InlineData("conveyor run --progress none --source f >> o 2>> o", "1\n2\n3\ndone")]
    [InlineData("conveyor run --source f --sink /dev/null --dead-letters /dev/null", "")]
    [InlineData("conveyor run --source f --source g --sink o", "")]
    [InlineData("conveyor run --source f --sink /dev/stdout --dead-letters /dev/stderr > o", "1\n2\n3\n")]
    [InlineData("echo keep >> o; conveyor run --source f --sink /dev/stdout >> o", "keep\n1\n2\n3\n")]
    [InlineData("echo keep >> o; conveyor run --source f --sink /proc/self/fd/7 7>> o", "keep\n1\n2\n3\n")]
    [InlineData("echo keep >> o; conveyor run --source f --sink /dev/fd/7 7<> o", "1\n2\n3\n")]
    [InlineData("ln -s /dev/stdout l; (echo a; conveyor run --source f --sink l; echo b) > o", "a\n1\n2\n3\nb\n")]
    [InlineData("(echo a; conveyor run --source f; echo b) > o", "a\n1\n2\n3\nb\n")]
    [InlineData("(read x; conveyor run --source /dev/stdin --sink o) < f", "2\n3\n")]
    [InlineData(
        "echo keep > l; conveyor run --source f --stage k=false --retries 0 --batch 3 --sink o --dead-letters /dev/stderr 2>> l || head -n 1 l > o",
        "keep\n"
    )]
    public async Task Open_descriptors_are_written_at_their_position(string script, string expected)
    {
        Numbers("f", 3);

        var result = await Conveyor.ScriptAsync(Folder, $"ln f g; {script}");

        Sane(result);
        Assert.Equal(0, result.Exit);
        if (expected.Length > 0)
            Assert.StartsWith(expected, Read("o"), StringComparison.Ordinal);
    }

    [LinuxTheory]
    [InlineData("--source f --sink /no/x --dead-letters bad", 2)]
    [InlineData("--source f --sink old --dead-letters /no/x", 2)]
    [InlineData("--source no --sink old --dead-letters bad", 2)]
    [InlineData("--source f --sink old --dead-letters old", 2)]
    [InlineData("--source f --stage (sink)=cat --sink old --dead-letters bad", 2)]
    [InlineData("--source f --stage k=no-such-command --sink old --dead-letters bad", 1)]
    public async Task Existing_files_stay_when_the_run_cannot_start(string words, int exit)
    {
        Numbers("f", 3);
        Write("old", "old\n");
        Write("bad", "lost yesterday\n");

        var result = await RunAsync(words.Split(' '));

        Sane(result);
        Assert.Contains(result.Exit, new[] { exit, 2 });
        Assert.Equal(("old\n", "lost yesterday\n"), (Read("old"), Read("bad")));
        Assert.Equal(["bad", "f", "old"], Directory.EnumerateFiles(Folder).Select(Path.GetFileName).Order());
    }

    [LinuxTheory]
    [InlineData("--sink o --dead-letters bad", "1\n2\n3\n", "")]
    [InlineData("--stage none=true --sink o --dead-letters bad", "", "")]
    public async Task A_run_that_finishes_replaces_its_files(string words, string sink, string letters)
    {
        Numbers("f", 3);
        Write("o", "old, and longer than what is new\n");
        Write("bad", "old\n");

        Assert.Equal(0, (await RunAsync(["--source", "f", .. words.Split(' ')])).Exit);

        Assert.Equal((sink, letters), (Read("o"), Read("bad")));
    }

    [LinuxFact]
    public async Task Two_runs_do_not_write_one_file_and_the_second_names_the_first()
    {
        Numbers("f", 10);
        using var first = Conveyor.Start(
            Folder,
            withInput: true,
            "run",
            "--source",
            "-",
            "--stage",
            "k=cat",
            "--sink",
            "o",
            "--progress",
            "none",
            "--dead-letters",
            "bad"
        );
        first.Input.Write("first\n"u8);
        first.Input.Flush();
        await Until(() => File.Exists(Path.Combine(Folder, "o")) && Read("o") == "first\n");

        foreach (
            var words in new[]
            {
                "--sink o",
                "--sink other --dead-letters o",
                "--sink bad",
                "--sink other --dead-letters bad",
            }
        )
        {
            var second = await RunAsync(["--source", "f", "--stage", "k=cat", .. words.Split(' ')]);
            Assert.Equal(2, second.Exit);
            Assert.Contains(
                $"cannot be written: process {first.Id} is writing it",
                second.Error,
                StringComparison.Ordinal
            );
        }
        var redirected = await Conveyor.ScriptAsync(Folder, "conveyor run --source f --progress none >> o");
        Assert.Equal(2, redirected.Exit);

        first.Input.Close();
        Assert.Equal(0, (await first.EndAsync()).Exit);
        Assert.Equal("first\n", Read("o"));
    }

    [LinuxFact]
    public async Task Two_runs_may_append_to_one_file()
    {
        Numbers("f", 20_000);

        var result = await Conveyor.ScriptAsync(
            Folder,
            "conveyor run --source f >> o 2> e1 & conveyor run --source f >> o 2> e2; code=$?; wait $!; exit $code$?"
        );

        Assert.Equal(0, result.Exit);
        Assert.Equal(40_000, Read("o").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    static async Task Until(Func<bool> isSo)
    {
        for (var patience = 0; !isSo(); patience++)
        {
            Assert.True(patience < 3_000, "it never came");
            await Task.Delay(10);
        }
    }
}
