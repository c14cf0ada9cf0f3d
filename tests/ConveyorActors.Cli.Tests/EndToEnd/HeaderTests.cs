namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>--header: what comes out is what the commands would make of a whole file with a header.</summary>
public class HeaderTests : EndToEndTests
{
    const string NamesOnly = "python3 -c 'import csv,sys\nfor r in csv.DictReader(sys.stdin): print(r[\"name\"])'";
    const string WithHeader =
        "python3 -c 'import csv,sys\nw=csv.DictWriter(sys.stdout,[\"name\"],extrasaction=\"ignore\",lineterminator=chr(10)); w.writeheader()\nfor r in csv.DictReader(sys.stdin): w.writerow(r)'";

    /// <summary>Writes its header only when lines follow, as some tools do.</summary>
    const string OnlyWithLines = "awk 'NR == 1 { h = $0; next } NR == 2 { print h } { print }'";

    [LinuxTheory]
    [InlineData("cut -d, -f1")]
    [InlineData("cut -d, -f2 | sed s/n/m/")]
    [InlineData("grep -v ',n7'")]
    [InlineData("tail -n +2")]
    [InlineData(NamesOnly)]
    [InlineData(WithHeader)]
    [InlineData(OnlyWithLines)]
    [InlineData("cut -d, -f2", "cat", NamesOnly)]
    [InlineData(OnlyWithLines, "cut -d, -f2")]
    [InlineData(WithHeader, WithHeader)]
    public async Task The_output_is_that_of_the_commands_on_the_whole_file(params string[] commands)
    {
        Write("in", "id,name\n" + string.Concat(Enumerable.Range(1, 60).Select(i => $"{i},n{i}\n")));
        for (var i = 0; i < commands.Length; i++)
            Write($"c{i}.sh", commands[i]);
        var whole = await Conveyor.ScriptAsync(
            Folder,
            "cat in" + string.Concat(commands.Select((_, i) => $" | sh c{i}.sh"))
        );

        var result = await RunAsync([
            "--header",
            "--source",
            "in",
            .. commands.SelectMany((_, i) => new[] { "--stage", $"s{i}=sh c{i}.sh" }),
            "--batch",
            "25",
            "--workers",
            "2",
            "--keep-order",
            "--sink",
            "out",
        ]);

        Sane(result);
        Assert.Equal((0, whole.Text), (result.Exit, Read("out")));
        Assert.Contains("read 60 lines", result.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Sources_with_one_header_share_it_and_another_header_ends_the_run()
    {
        Write("a", "id\n1\n");
        Write("b", "id\n2\n");
        Write("c", "name\nx\n");
        Write("empty", "");

        var same = await RunAsync("--header", "--source", "a", "--source", "empty", "--source", "b", "--sink", "out");
        Assert.Equal(0, same.Exit);
        Assert.Equal(
            ["1", "2", "id"],
            Read("out").Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)
        );
        Assert.StartsWith("id\n", Read("out"), StringComparison.Ordinal);

        var other = await RunAsync("--header", "--source", "a", "--source", "c", "--sink", "out");
        Sane(other);
        Assert.Equal(1, other.Exit);
        Assert.Matches(
            "lines of '.*(a' come with the header 'id', and those of '.*c' with the header 'name'|c' come with the header 'name', and those of '.*a' with the header 'id'): a sink can have only one header",
            other.Error
        );
    }

    [LinuxTheory]
    [InlineData("id,name\n", "id\n")]
    [InlineData("id,name", "id\n")]
    [InlineData("", "")]
    public async Task A_source_without_lines_still_has_its_header(string text, string written)
    {
        Write("in", text);
        var result = await RunAsync("--header", "--source", "in", "--stage", "c=cut -d, -f1", "--sink", "out");
        Sane(result);
        Assert.Equal((0, written), (result.Exit, Read("out")));
    }

    [LinuxFact]
    public async Task A_line_retried_alone_is_given_with_the_header_before_it()
    {
        Write("in", "h\n1\nbad\n2\n");
        var result = await RunAsync(
            "--header",
            "--source",
            "in",
            "--stage",
            "c=awk 'NR == 1 && $0 != \"h\" { exit 9 } /bad/ { exit 1 } { print }'",
            "--one-to-one",
            "c",
            "--workers",
            "1",
            "--retries",
            "0",
            "--sink",
            "out"
        );
        Sane(result);
        Assert.Equal((3, "h\n1\n2\n"), (result.Exit, Read("out")));
    }

    [LinuxFact]
    public async Task A_continued_run_has_the_header_once_and_gives_it_to_every_batch()
    {
        Write("in", "id,name\n" + string.Concat(Enumerable.Range(1, 300).Select(i => $"{i},n{i}\n")));
        string[] arguments =
        [
            "run",
            "--progress",
            "none",
            "--data",
            "state",
            "--header",
            "--source",
            "in",
            "--stage",
            "p=" + OnlyWithLines,
            "--stage",
            "q=sleep 0.1; cut -d, -f2",
            "--batch",
            "20",
            "--workers",
            "1",
            "--sink",
            "out",
        ];
        string Out() => File.Exists(Path.Combine(Folder, "out")) ? Read("out") : "";
        var lives = new Lives(() => Conveyor.Start(Folder, withInput: false, arguments), () => Out().Length, _ => false)
        {
            Longest = 300,
        };
        await lives.LiveAsync(4);
        File.AppendAllText(Path.Combine(Folder, "in"), "301,n301\n");

        var last = await Conveyor.RunAsync(Folder, arguments);

        Sane(last);
        Assert.Equal(
            (0, "name\n" + string.Concat(Enumerable.Range(1, 301).Select(i => $"n{i}\n"))),
            (last.Exit, Read("out"))
        );
    }
}
