using System.Globalization;
using System.Text.RegularExpressions;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>
/// The program stays small however much goes through it. Its peak is what the system says (VmHWM), sampled until it
/// ends.
/// </summary>
public partial class MemoryTests : EndToEndTests
{
    const long Bound = 300L << 20;

    [LinuxFact]
    public async Task Large_input_through_a_slow_stage_stays_below_300_MB()
    {
        const int lineLength = 4096,
            blockLines = 256;
        var blocks = Thoroughness.Count("CONVEYOR_MEMORY_MIB", sample: 800, whole: 2048);
        var block = new byte[lineLength * blockLines];
        block.AsSpan().Fill((byte)'x');
        for (var end = lineLength - 1; end < block.Length; end += lineLength)
            block[end] = (byte)'\n';

        using var conveyor = Conveyor.Start(
            Folder,
            withInput: true,
            "run",
            "--source",
            "-",
            "--stage",
            "slow=until [ -e go ]; do sleep 0.05; done; sleep 0.01; wc -l",
            "--workers",
            "2",
            "--progress",
            "plain"
        );
        var ending = conveyor.EndAsync();
        var writing = WriteAsync();
        await conveyor.SaysAsync(Held());
        Write("go", "");
        await writing;
        var result = await ending;

        Sane(result);
        Assert.Equal(0, result.Exit);
        Assert.Equal(blocks * blockLines, result.Lines.Sum(l => int.Parse(l, CultureInfo.InvariantCulture)));
        Assert.InRange(result.PeakBytes, 1, Bound);

        async Task WriteAsync()
        {
            for (var i = 0; i < blocks; i++)
                await conveyor.Input.WriteAsync(block);
            conveyor.Input.Close();
        }
    }

    [LinuxFact]
    public async Task Ten_sources_and_ten_stages_stay_below_300_MB_with_lines_of_any_length()
    {
        using (var file = File.CreateText(Path.Combine(Folder, "in")))
        {
            for (var i = 0; i < 2000; i++)
                file.Write(new string('s', 4095) + "\n");
            for (var i = 0; i < 16; i++)
                file.Write(new string('l', 500_000) + "\n");
        }

        var sources = Enumerable.Repeat(new[] { "--source", "in" }, 10).SelectMany(s => s);
        var stages = Enumerable.Range(1, 9).SelectMany(i => new[] { "--stage", $"s{i}=cat" });
        var result = await RunAsync([
            .. sources,
            .. stages,
            "--stage",
            "last=sleep 0.05; cat",
            "--workers",
            "2",
            "--sink",
            "/dev/null",
        ]);

        Sane(result);
        Assert.Equal(0, result.Exit);
        Assert.Equal(10, SumsOf20160().Count(result.Error) - 1);
        Assert.InRange(result.PeakBytes, 1, Bound);
    }

    [GeneratedRegex("stdin (SlowDown|Pause)")]
    private static partial Regex Held();

    /// <summary>Lines this short need much more memory for the record than for their bytes.</summary>
    [LinuxFact]
    public async Task A_million_lines_of_a_few_bytes_stay_below_300_MB_while_they_wait()
    {
        const int lines = 1_000_000;
        Numbers("in", lines);
        using var conveyor = Conveyor.Start(
            Folder,
            withInput: false,
            "run",
            "--source",
            "in",
            "--stage",
            "quick=cat",
            "--stage",
            "slow=until [ -e go ]; do sleep 0.05; done; wc -l",
            "--workers",
            "2",
            "--progress",
            "plain"
        );
        var ending = conveyor.EndAsync();
        await conveyor.SaysAsync(new("in (SlowDown|Pause)"));
        Write("go", "");

        var result = await ending;

        Sane(result);
        Assert.Equal(0, result.Exit);
        Assert.Equal(lines, result.Lines.Sum(l => int.Parse(l, CultureInfo.InvariantCulture)));
        Assert.InRange(result.PeakBytes, 1, Bound);
    }

    /// <summary>Each stage, and the buffer before the sink.</summary>
    [GeneratedRegex(@" 20,160 = +20,160 \+ +0 \+ +0 +adds up")]
    private static partial Regex SumsOf20160();
}
