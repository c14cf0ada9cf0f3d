using System.IO.Compression;
using System.Text;

namespace ConveyorActors.Pipelines.Tests.Runs;

/// <summary>Sources, sinks and dead letters whose names end in .gz.</summary>
public sealed class GzipRunTests : RunTests
{
    [UnixFact]
    public async Task A_compressed_source_and_sink_behave_like_plain_ones()
    {
        var lines = Numbers(30_000);
        var source = Gz("a.gz", Text(lines[..10_000]), Text(lines[10_000..]));

        AssertAllSettled(
            await RunAsync(Definition([new("a", source)], Stage("cat")) with { Sink = new(Temp.Path("out.GZ")) })
        );

        Assert.Equal(Text(lines), Unzipped("out.GZ"));
        // The program that everybody has takes it too.
        Assert.Equal(0, await ExitAsync($"gzip -t < '{Temp.Path("out.GZ")}'"));
    }

    [UnixFact]
    public async Task A_compressed_sink_without_lines_is_a_valid_empty_gzip_file()
    {
        AssertAllSettled(
            await RunAsync(
                Definition([Source("a", [])], Stage("cat")) with
                {
                    Sink = new(Temp.Path("out.gz")),
                    DeadLetterPath = Temp.Path("dead.gz"),
                }
            )
        );

        Assert.Equal(("", ""), (Unzipped("out.gz"), Unzipped("dead.gz")));
        Assert.Equal(0, await ExitAsync($"gzip -t < '{Temp.Path("out.gz")}' && gzip -t < '{Temp.Path("dead.gz")}'"));
    }

    [UnixTheory]
    [InlineData("cut short", "unexpected end of file: its gzip data is truncated")]
    [InlineData("damaged", "its gzip data is damaged or truncated at its end")]
    [InlineData("garbage", "is not in gzip format")]
    public async Task An_incomplete_gzip_source_fails_by_name_and_its_earlier_lines_are_kept(string how, string why)
    {
        var source = Gz("a.gz", "first\nsecond\n", Text(Numbers(1_000)));
        var bytes = await File.ReadAllBytesAsync(source);
        await File.WriteAllBytesAsync(
            source,
            how switch
            {
                "cut short" => bytes[..^20],
                "damaged" => [.. bytes[..^8], 1, 2, 3, 4, .. bytes[^4..]],
                _ => [.. bytes, .. "garbage"u8],
            }
        );

        var report = await RunAsync(Definition([new("a", source)], Stage("cat")));

        Assert.Equal(RunOutcome.Failed, report.Outcome);
        Assert.StartsWith($"source '{source}' could not be read past byte ", report.Error, StringComparison.Ordinal);
        Assert.EndsWith(why, report.Error, StringComparison.Ordinal);
        AssertNothingPending(report);
        var whole = Text(["first", "second", .. Numbers(1_000)]);
        var written = await File.ReadAllTextAsync(Sink);
        Assert.StartsWith(written, whole, StringComparison.Ordinal);
        Assert.StartsWith("first\nsecond\n", written, StringComparison.Ordinal);
        Assert.Equal(how != "cut short", written == whole);
    }

    [UnixFact]
    public async Task Each_dead_letter_is_compressed_when_it_is_written()
    {
        var report = await RunAsync(
            Definition([Source("a", Numbers(4))], Stage("grep -v 3 || exit 9") with { Batch = 1, Retries = 0 }) with
            {
                DeadLetterPath = Temp.Path("dead.gz"),
            }
        );

        Assert.Equal(RunOutcome.SomeLost, report.Outcome);
        Assert.Contains(
            "\"text\":\"3\"",
            Assert.Single(Unzipped("dead.gz").Split('\n', StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal
        );
    }

    [UnixFact]
    public async Task A_file_without_the_gz_suffix_is_read_uncompressed()
    {
        var source = Gz("a.gz.bak", "x\n");

        AssertAllSettled(await RunAsync(Definition([new("a", source)])));

        Assert.StartsWith(
            "\u001f",
            Encoding.Latin1.GetString(await File.ReadAllBytesAsync(Sink)),
            StringComparison.Ordinal
        );
    }

    static string Text(IEnumerable<string> lines) => string.Concat(lines.Select(l => l + "\n"));

    string Gz(string name, params string[] members)
    {
        using var file = new MemoryStream();
        foreach (var text in members)
            using (var gzip = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
                gzip.Write(Encoding.UTF8.GetBytes(text));
        return Temp.File(name, file.ToArray());
    }

    string Unzipped(string name)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Temp.Path(name)), CompressionMode.Decompress));
        return reader.ReadToEnd();
    }

    static async Task<int> ExitAsync(string command)
    {
        using var shell = System.Diagnostics.Process.Start("/bin/sh", ["-c", command]);
        await shell.WaitForExitAsync().WaitAsync(Limit);
        return shell.ExitCode;
    }
}
