using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>Compressed files in runs that go on where an earlier one stopped.</summary>
public class GzipTests : EndToEndTests
{
    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Compressed_lines_come_out_once_over_killed_runs(bool hasStage)
    {
        var lines = Enumerable.Range(1, 20_000).Select(i => $"{i} {i * 7919L % 10007}\n").ToArray();
        Append("in.gz", string.Concat(lines[..12_000]));
        Append("in.gz", string.Concat(lines[12_000..]));
        string[] arguments =
        [
            "run",
            "--progress",
            "none",
            "--data",
            "state",
            "--source",
            "in.gz",
            "--sink",
            "out.gz",
            .. hasStage
                ? ["--stage", "same=cat", "--keep-order", "--workers", "2", "--batch", "150"]
                : Array.Empty<string>(),
        ];
        var lives = new Lives(
            () => Conveyor.Start(Folder, withInput: false, arguments),
            () => Length("out.gz"),
            _ => false
        )
        {
            Longest = 100,
        };

        await lives.LiveAsync(3);
        var last = await Conveyor.RunAsync(Folder, arguments);

        Sane(last);
        Assert.Equal(0, last.Exit);
        Assert.True(string.Concat(lines) == Unzipped("out.gz"), $"after {lives.Kills} kills the sink is another");
    }

    [LinuxFact]
    public async Task A_compressed_file_with_a_new_member_is_continued_and_a_replaced_one_is_refused()
    {
        string[] arguments = ["--data", "state", "--source", "in.gz", "--sink", "out.gz"];
        Append("in.gz", "a\nb");
        Assert.Equal((0, "a\n"), ((await RunAsync(arguments)).Exit, Unzipped("out.gz")));
        Append("in.gz", "c\nd\n");
        Assert.Equal((0, "a\nbc\nd\n"), ((await RunAsync(arguments)).Exit, Unzipped("out.gz")));
        File.Delete(Path.Combine(Folder, "in.gz"));
        Append("in.gz", "other\n");

        var refused = await RunAsync(arguments);
        var accepted = await RunAsync([.. arguments, "--changed", "accept"]);

        Sane(refused);
        Assert.Equal(2, refused.Exit);
        Assert.Contains("source 'in.gz' has changed since it was read", refused.Error, StringComparison.Ordinal);
        Assert.Equal((0, "a\nbc\nd\nother\n"), (accepted.Exit, Unzipped("out.gz")));
    }

    [LinuxFact]
    public async Task A_truncated_compressed_file_is_read_further_once_it_is_complete()
    {
        string[] arguments = ["--data", "state", "--source", "in.gz", "--sink", "out"];
        Append("in.gz", "a\n");
        Append("in.gz", "b\n");
        var whole = File.ReadAllBytes(Path.Combine(Folder, "in.gz"));
        using (var file = File.OpenWrite(Path.Combine(Folder, "in.gz")))
            file.SetLength(whole.Length - 5);

        var cut = await RunAsync(arguments);
        var again = await RunAsync(arguments);
        using (var file = new FileStream(Path.Combine(Folder, "in.gz"), FileMode.Append))
            file.Write(whole.AsSpan(whole.Length - 5));
        var last = await RunAsync(arguments);

        foreach (var failed in new[] { cut, again })
        {
            Sane(failed);
            Assert.Equal(1, failed.Exit);
            Assert.Matches(
                new Regex(
                    "source 'in.gz' could not be read past byte .*: its gzip data is damaged or truncated at its end"
                ),
                failed.Error
            );
        }
        Assert.Equal((0, "a\nb\n"), (last.Exit, Read("out")));
    }

    [LinuxFact]
    public async Task A_half_written_dead_letter_is_removed_after_a_kill_and_written_again()
    {
        Write("in", "1\n2\n3\n");
        string[] arguments =
        [
            "--data",
            "state",
            "--source",
            "in",
            "--stage",
            "no=exit 9",
            "--batch",
            "1",
            "--retries",
            "0",
            "--workers",
            "1",
            "--on-stage-failure",
            "dead-letter",
            "--dead-letters",
            "dead.gz",
            "--sink",
            "out",
        ];
        Assert.Equal(3, (await RunAsync(arguments)).Exit);
        var all = Unzipped("dead.gz");
        using (var file = File.OpenWrite(Path.Combine(Folder, "dead.gz")))
            file.SetLength(file.Length - 5);

        Sane(await RunAsync(arguments));

        Assert.Equal(3, all.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        // A letter written again has the time that the data directory keeps, in milliseconds.
        Assert.Equal(WithoutTimes(all), WithoutTimes(Unzipped("dead.gz")));
    }

    [LinuxFact]
    public async Task A_drain_does_not_write_plain_lines_into_a_file_that_is_named_as_compressed()
    {
        Write("in", "1\n");
        await RunAsync("--data", "state", "--source", "in", "--stage", "no=exit 9", "--sink", "out");

        var result = await Conveyor.RunAsync(Folder, "drain", "state", "no", "--to", "left.gz");

        Sane(result);
        Assert.NotEqual(0, result.Exit);
        Assert.False(File.Exists(Path.Combine(Folder, "left.gz")));
    }

    void Append(string name, string text)
    {
        using var file = new FileStream(Path.Combine(Folder, name), FileMode.Append);
        using var gzip = new GZipStream(file, CompressionLevel.Optimal);
        gzip.Write(Encoding.UTF8.GetBytes(text));
    }

    string Unzipped(string name)
    {
        using var reader = new StreamReader(
            new GZipStream(File.OpenRead(Path.Combine(Folder, name)), CompressionMode.Decompress)
        );
        return reader.ReadToEnd();
    }

    long Length(string name) => new FileInfo(Path.Combine(Folder, name)) is { Exists: true } file ? file.Length : 0;

    static string WithoutTimes(string letters) => Regex.Replace(letters, "\"at\":\"[^\"]*\"", "");
}
