using ConveyorActors.Cli.Run;
using ConveyorActors.Cli.Tests.EndToEnd;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Tests.Run;

public class SourcePatternTests : EndToEndTests
{
    [Fact]
    public void Each_matching_file_is_a_separate_source_in_order()
    {
        foreach (var name in new[] { "b.log", "a.log", "c.txt" })
            Write(name, "");
        var inputErrors = new InputErrors();

        var json = $$"""{"sources":["{{Folder}}/*.log",{"name":"texts","path":"{{Folder}}/*.txt"},"-"],"stages":[]}""";
        var definition = DraftChecks.Build(PipelineFile.Parse("job.json", json, inputErrors), inputErrors);

        Assert.Empty(inputErrors.All);
        Assert.Equal(
            [
                ($"{Folder}/a.log", $"{Folder}/a.log"),
                ($"{Folder}/b.log", $"{Folder}/b.log"),
                ($"texts:{Folder}/c.txt", $"{Folder}/c.txt"),
                ("stdin", "-"),
            ],
            definition!.Sources.Select(s => (s.Name, s.Path))
        );
    }

    [LinuxFact]
    public async Task A_pattern_without_a_match_is_named()
    {
        var result = await RunAsync("--source", "none/*.log", "--sink", "out");

        Sane(result);
        Assert.Equal(2, result.Exit);
        Assert.Contains(
            "--source is 'none/*.log'; it must be a file or a pattern that matches a file, and no file matches",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.False(File.Exists(Path.Combine(Folder, "out")));
    }

    [LinuxTheory]
    [InlineData("touch bad1 \"$(printf 'bad\\377\\376d')\"", "bad*", @"bad\xFF\xFEd")]
    [InlineData("mkdir -p ok \"$(printf 'd\\351')\"; for d in ok d*; do echo > $d/a; done", "*/a", @"d\xE9")]
    public async Task A_match_whose_name_is_not_UTF8_is_named_with_its_bytes(string make, string pattern, string bytes)
    {
        foreach (var follow in new[] { "", "--follow" })
        {
            var result = await Conveyor.ScriptAsync(
                Folder,
                $"{make}; conveyor run --source '{pattern}' {follow} --sink out; code=$?; rm -rf bad* d*; exit $code"
            );

            Sane(result);
            Assert.Equal(2, result.Exit);
            Assert.StartsWith(
                $"conveyor: --source is '{pattern}', which matches '{bytes}'; the names of files must be UTF-8. A file with such a name can be given through a link,",
                result.Error,
                StringComparison.Ordinal
            );
            Assert.False(File.Exists(Path.Combine(Folder, "out")));
        }
    }

    [LinuxFact]
    public async Task A_directory_whose_name_is_not_UTF8_is_no_match_for_files()
    {
        var result = await Conveyor.ScriptAsync(
            Folder,
            "mkdir \"$(printf 'a\\377')\"; echo 1 > a1; conveyor run --source 'a*' --progress none; code=$?; rmdir a*/; exit $code"
        );

        Assert.Equal((0, "1\n"), (result.Exit, result.Text));
    }

    [LinuxFact]
    public async Task An_existing_file_whose_name_has_wildcards_is_used_as_it_is()
    {
        Write("[a]*", "literal\n");
        Write("ab", "other\n");

        var result = await RunAsync("--source", "[a]*");

        Assert.Equal((0, "literal\n"), (result.Exit, result.Text));
    }

    [LinuxFact]
    public async Task A_sink_matched_by_a_pattern_is_refused_like_any_sink_that_is_a_source()
    {
        Write("a.log", "x\n");
        Write("out.log", "y\n");

        var result = await RunAsync("--source", "*.log", "--sink", "out.log");

        Sane(result);
        Assert.Equal(2, result.Exit);
        Assert.Contains("sink 'out.log' is also the source 'out.log'", result.Error, StringComparison.Ordinal);
        Assert.Equal("y\n", Read("out.log"));
    }

    [Fact]
    public void A_followed_pattern_may_match_nothing_yet_and_omits_compressed_files()
    {
        foreach (var name in new[] { "a.log", "a.log.1.gz" })
            Write(name, "");
        var inputErrors = new InputErrors();

        var json =
            $$"""{"sources":[{"path":"{{Folder}}/a.log*","follow":true},{"name":"none","path":"{{Folder}}/none*","follow":true},"{{Folder}}/*.log"],"stages":[]}""";
        var definition = DraftChecks.Build(PipelineFile.Parse("job.json", json, inputErrors), inputErrors)!;

        Assert.Empty(inputErrors.All);
        Assert.Equal(
            [(true, true, $"{Folder}/a.log"), (false, false, $"{Folder}/a.log#2")],
            definition.Sources.Select(s => (s.Follow, s.IsMatch, s.Name))
        );
        Assert.Equal([$"{Folder}/a.log*", $"{Folder}/none*"], definition.Patterns.Select(p => p.Pattern.ToString()));
        Assert.Equal($"none:{Folder}/none1", definition.Patterns[1].NameOf($"{Folder}/none1"));
        Assert.Equal($"{Folder}/none1", definition.Patterns[1].FindPath($"none:{Folder}/none1"));
    }
}
