using System.Buffers.Binary;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Storage;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>The verbs that change a data directory, killed while they do.</summary>
public class KilledVerbTests : EndToEndTests
{
    const int Records = 200_000,
        Kills = 12;

    [LinuxFact]
    public async Task A_drain_killed_again_and_again_has_each_line_in_its_file_once_and_in_order()
    {
        var lines = await FillAsync(die: false);
        Write("rest", "mine\n");
        var whole = 5 + lines.Sum(l => l.Length + 1);
        var lives = new Lives(
            () => Conveyor.Start(Folder, withInput: false, "drain", "state", "s", "--to", "rest"),
            () => Length("rest"),
            length => length >= whole
        )
        {
            Longest = 40,
            Fewest = 3,
        };
        await lives.LiveAsync(Kills);

        var last = await Conveyor.RunAsync(Folder, "drain", "state", "s", "--to", "rest");

        Assert.True(last.Exit == 0, last.Error);
        Assert.Equal("mine\n" + string.Concat(lines.Select(l => l + "\n")), Read("rest"));
        Assert.True(lives.HalfDone >= lives.Fewest, $"only {lives.HalfDone} of {lives.Kills} kills found it half done");
    }

    [LinuxTheory]
    [InlineData("--replay")]
    [InlineData("--purge")]
    public async Task A_killed_replay_or_purge_of_dead_letters_repeats_no_record(string what)
    {
        var lines = await FillAsync(die: true);
        // Behind the mark that all such files have comes the number of the last transaction.
        long Transaction() =>
            BinaryPrimitives.ReadInt64LittleEndian(File.ReadAllBytes(Path.Combine(Folder, "state", "last")).AsSpan(8));
        await new Lives(
            () => Conveyor.Start(Folder, withInput: false, "dead-letters", "state", what),
            Transaction,
            _ => false
        )
        {
            Longest = 20,
        }.LiveAsync(Kills);

        Assert.Equal(0, (await Conveyor.RunAsync(Folder, "fsck", "state")).Exit);
        await using var directory = DataDirectory.Open(Path.Combine(Folder, "state"));
        var waiting = directory
            .ReadPayloads("run", "s")
            .Select(p => System.Text.Encoding.UTF8.GetString(p.Span))
            .ToArray();
        var dead = directory
            .GetDeadLetters("run", "s")
            .Select(d => System.Text.Encoding.UTF8.GetString(d.Record.Record.Payload.Span))
            .ToArray();
        if (what == "--replay")
            Assert.Equal(lines, waiting.Concat(dead));
        else
            Assert.Equal((0, true), (waiting.Length, dead.Length == lines.Length || dead.Length == 0));
    }

    async Task<string[]> FillAsync(bool die)
    {
        string[] lines =
        [
            .. Enumerable
                .Range(1, die ? 9_000 : Records)
                .Select(i => $"{i} " + new string('x', i % 7 == 0 ? 700 : i % 50)),
        ];
        await using var service = new EmbeddedBufferService(null, DataDirectory.Open(Path.Combine(Folder, "state")));
        await service.ConfigureAsync(
            "run",
            new BufferSettings
            {
                MaxTotalRecords = Records,
                MaxPerStage = Records,
                MaxPerSource = Records,
                BackpressureThreshold = 1,
            }
        );
        await service.ConfigureStageAsync("run", "s", new StageSettings { MaxDeadLetters = 10_000 });
        await service.BufferBatchForStageAsync(
            "run",
            "s",
            "in",
            lines.Select(l => new Buffers.ConveyorRecord("", System.Text.Encoding.UTF8.GetBytes(l))).ToArray()
        );
        if (die)
            await service.DeadLetterAsync(
                "run",
                "s",
                (await service.GetBatchAsync("run", "s", new BatchRequest(10_000))).Id,
                null,
                "poison"
            );
        return lines;
    }

    long Length(string name) => new FileInfo(Path.Combine(Folder, name)).Length;
}
