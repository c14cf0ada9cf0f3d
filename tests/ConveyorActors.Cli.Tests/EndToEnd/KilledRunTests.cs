using System.Globalization;
using System.Text;
using System.Text.Json;
using ConveyorActors.Storage;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>
/// A run with all that can be in one: several sources that grow, lines of all sizes, a stage that fails now and then
/// and always fails some lines, a stage that makes two of each, lines that are too long, dead letters.
/// CONVEYOR_RUN_KILLS says how often it is killed (10, or 25 with `--all`).
/// </summary>
public class KilledRunTests : EndToEndTests
{
    const int LinesOfEach = 5_000,
        Fewest = 2;

    static readonly string[] Sources = ["a", "b", "c"];
    static readonly int Kills = Thoroughness.Count("CONVEYOR_RUN_KILLS", 10, 25);

    readonly Dictionary<string, string[]> lines = Sources.ToDictionary(
        s => s,
        s => Enumerable.Range(1, LinesOfEach).Select(i => Line(s, i)).ToArray()
    );

    [LinuxFact]
    public async Task A_killed_run_of_many_sources_and_stages_moves_each_line_once_and_in_order()
    {
        foreach (var source in Sources)
            Grow(source, 0, LinesOfEach / 2);
        string[] arguments =
        [
            "run",
            "--progress",
            "none",
            "--data",
            "state",
            "--max-in-memory",
            "4KiB",
            .. Sources.SelectMany(s => new[] { "--source", s }),
            // One command in 32 fails. Chance of its own for each: awk's own seed is the same for all of a second, and
            // three times in that second is for good.
            "--stage",
            "picky=[ $(od -An -N1 -tu1 /dev/urandom) -lt 8 ] && exit 7; awk '/ poison/ { exit 9 } { print }'",
            "--stage",
            "twice=awk '{ print \"1:\" $0; print \"2:\" $0 }'",
            "--keep-order",
            "--workers",
            "2",
            "--batch",
            "100",
            "--retries",
            "3",
            "--max-per-stage",
            "250",
            "--max-per-source",
            "600",
            "--max-line",
            "500KB",
            "--dead-letters",
            "bad",
            "--sink",
            "out",
        ];
        var whole = lines.Values.Sum(all => all.Where(IsGood).Sum(l => 2L * (l.Length + 3)));
        var lives = new Lives(
            () => Conveyor.Start(Folder, withInput: false, arguments),
            () => Length("out"),
            length => length >= whole
        )
        {
            Longest = 60,
            Fewest = Fewest,
        };
        var grown = LinesOfEach / 2;

        void GrowAll()
        {
            var to = Math.Min(LinesOfEach, grown + 500);
            foreach (var source in Sources)
                Grow(source, grown, to);
            grown = to;
        }

        // A life that was through before it could be killed is followed by another, as long as there is more to come.
        while (
            await lives.LiveAsync(
                Kills,
                kill =>
                {
                    if (kill % 3 == 2)
                        GrowAll();
                }
            )
                is not null
            && grown < LinesOfEach
        )
            GrowAll();
        foreach (var source in Sources)
            Grow(source, grown, LinesOfEach);
        var last = await Conveyor.RunAsync(Folder, arguments);

        Sane(last);
        Assert.True(last.Exit is 0 or 3, last.Error);
        var written = Read("out").Split('\n', StringSplitOptions.RemoveEmptyEntries).ToLookup(l => l[2..3]);
        foreach (var source in Sources)
            Assert.Equal(lines[source].Where(IsGood).SelectMany(l => new[] { "1:" + l, "2:" + l }), written[source]);
        await AssertDeadOnceAsync();
        await AssertAddsUpAsync();
        Assert.True(lives.HalfDone >= Fewest, $"only {lives.HalfDone} of {lives.Kills} kills found it half done");
    }

    /// <summary>
    /// In the directory each, in the file at most once; lines that are too long are in the file only, each once.
    /// </summary>
    async Task AssertDeadOnceAsync()
    {
        var poison = lines.Values.SelectMany(all => all.Where(IsPoison)).Order(StringComparer.Ordinal).ToArray();
        var letters = await Conveyor.RunAsync(Folder, "dead-letters", "state");
        Assert.Equal(poison, letters.Lines.Select(Text).Order(StringComparer.Ordinal));
        var written = Read("bad").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var cut = written.Where(l => l.Contains("\"truncated\":true", StringComparison.Ordinal)).ToArray();
        Assert.Equal(
            lines.Values.SelectMany(all => all.Where(IsTooLong)).Select(l => l[..20]).Order(StringComparer.Ordinal),
            cut.Select(l => Text(l)[..20]).Order(StringComparer.Ordinal)
        );
        var inFile = written.Except(cut).Select(Text).ToArray();
        Assert.Equal(inFile.Distinct(), inFile);
        Assert.Subset(poison.ToHashSet(), inFile.ToHashSet());
    }

    /// <summary>Across all lives: accepted = settled + lost by reason, and nothing waits.</summary>
    async Task AssertAddsUpAsync()
    {
        var all = lines.Values.Sum(l => l.LongCount(one => !IsTooLong(one)));
        var poison = lines.Values.Sum(l => l.LongCount(IsPoison));
        await using var directory = DataDirectory.Open(Path.Combine(Folder, "state"));
        Assert.Empty(directory.Findings);
        var pipeline = Assert.Single(directory.ReadContents().Pipelines);
        Assert.All(pipeline.Stages, s => Assert.Equal((0, 0), (s.Pending, s.Parked)));
        var stages = pipeline.Stages.ToDictionary(s => s.Stage);
        Assert.Equal(
            (all - poison, poison),
            (
                stages["picky"].Completed,
                stages["picky"].Losses.Single(l => l.Reason == Buffers.LossReason.RetriesExhausted).Count
            )
        );
        Assert.Equal((all - poison, 2 * (all - poison)), (stages["twice"].Completed, stages["(sink)"].Completed));
        Assert.All(Sources, s => Assert.Equal(new(Length(s), LinesOfEach), pipeline.Positions[s]));
    }

    static string Line(string source, int number)
    {
        var filling = number switch
        {
            2_345 => 400_000,
            _ when number % 500 == 77 => 600_000,
            _ when number % 97 == 0 => 9_000,
            _ when number % 3 == 0 => 0,
            _ => number % 61,
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{source} {number}{(number % 2_000 == 1_999 ? " poison" : "")}{new string('x', filling)}"
        );
    }

    static bool IsPoison(string line) => line.Contains(" poison", StringComparison.Ordinal);

    static bool IsTooLong(string line) => line.Length > 500_000;

    static bool IsGood(string line) => !IsPoison(line) && !IsTooLong(line);

    static string Text(string json)
    {
        using var letter = JsonDocument.Parse(json);
        return letter.RootElement.GetProperty("text").GetString()!;
    }

    void Grow(string source, int from, int to)
    {
        var more = new StringBuilder();
        foreach (var line in lines[source][from..to])
            more.Append(line).Append('\n');
        File.AppendAllText(Path.Combine(Folder, source), more.ToString());
    }

    long Length(string name) => new FileInfo(Path.Combine(Folder, name)) is { Exists: true } file ? file.Length : 0;
}
