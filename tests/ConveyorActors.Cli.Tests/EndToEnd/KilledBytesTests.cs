namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>
/// Any bytes in batches of any size through a run that is killed: what comes out is what an undisturbed run would have
/// written.
/// </summary>
public class KilledBytesTests : EndToEndTests
{
    const int Kills = 3;

    [LinuxTheory]
    [InlineData(1, '\n', true)]
    [InlineData(2, '\0', true)]
    [InlineData(3, '\n', false)]
    public async Task Any_bytes_come_out_once_and_in_order_even_if_the_run_is_killed_repeatedly(
        int seed,
        char end,
        bool hasStage
    )
    {
        var random = new Random(seed);
        var bytes = Bytes(random, endsWithout: seed % 2 == 1);
        Write("in", bytes);
        string[] arguments =
        [
            "run",
            "--progress",
            "none",
            "--data",
            "state",
            "--source",
            "in",
            "--last-line",
            "take",
            "--sink",
            "out",
            .. end == '\0' ? ["--null"] : Array.Empty<string>(),
            .. hasStage
                ?
                [
                    "--stage",
                    "same=sleep 0.02; cat",
                    "--keep-order",
                    "--workers",
                    $"{random.Next(1, 4)}",
                    "--batch",
                    $"{random.Next(50, 300)}",
                ]
                : Array.Empty<string>(),
        ];
        var lives = new Lives(
            () => Conveyor.Start(Folder, withInput: false, arguments),
            () => Length("out"),
            length => length >= bytes.Length
        )
        {
            Longest = 100,
        };

        await lives.LiveAsync(Kills);
        var last = await Conveyor.RunAsync(Folder, arguments);

        Sane(last);
        Assert.Equal(0, last.Exit);
        byte[] expected = bytes[^1] == end ? bytes : [.. bytes, (byte)end];
        var found = File.ReadAllBytes(Path.Combine(Folder, "out"));
        Assert.True(
            expected.AsSpan().SequenceEqual(found),
            $"after {lives.Kills} kills, {expected.Length} bytes are {found.Length}, alike up to {expected.AsSpan().CommonPrefixLength(found)}"
        );
    }

    /// <summary>Blank lines, carriage returns, NUL bytes, and whatever else there is.</summary>
    static byte[] Bytes(Random random, bool endsWithout)
    {
        using var all = new MemoryStream();
        for (var i = 0; i < 1_500; i++)
        {
            all.Write(
                random.Next(6) switch
                {
                    0 => "\n"u8,
                    1 => "\r\n"u8,
                    2 => "text\r\n"u8,
                    3 => "a\0b\n"u8,
                    4 => "\0"u8,
                    _ => Any(random),
                }
            );
        }
        all.Write(endsWithout ? "the end without an end"u8 : "\0\n\0"u8);
        return all.ToArray();
    }

    static byte[] Any(Random random)
    {
        var bytes = new byte[random.Next(200)];
        random.NextBytes(bytes);
        return bytes;
    }

    long Length(string name) => new FileInfo(Path.Combine(Folder, name)) is { Exists: true } file ? file.Length : 0;
}
