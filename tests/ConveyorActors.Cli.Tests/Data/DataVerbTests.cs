using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Storage;

namespace ConveyorActors.Cli.Tests.Data;

/// <summary>The verbs about a data directory that no process has open.</summary>
public sealed class DataVerbTests : IAsyncLifetime
{
    readonly string folder = Directory.CreateTempSubdirectory("conveyor-verbs").FullName;

    string State => Path.Combine(folder, "state");

    public async Task InitializeAsync()
    {
        await using var service = new EmbeddedBufferService(null, DataDirectory.Open(State));
        await service.BufferBatchForStageAsync(
            "run",
            "slim",
            "in",
            Enumerable
                .Range(1, 5)
                .Select(i => new Buffers.ConveyorRecord("", "line "u8.ToArray().Append((byte)('0' + i)).ToArray()))
                .ToArray()
        );
        var lease = await service.GetBatchAsync("run", "slim", new BatchRequest(2));
        await service.CompleteAsync("run", "slim", lease.Id, [lease.Records[0].Sequence]);
        await service.DeadLetterAsync("run", "slim", lease.Id, null, "poison");
    }

    public Task DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Inspect_shows_the_contents()
    {
        var (exit, output, error) = await TestTerminal.ConveyorAsync("inspect", State);

        Assert.Equal((0, ""), (exit, error));
        Assert.Contains(
            "stage slim: 3 waiting, 0 parked for lack of room, 1 dead letter",
            output,
            StringComparison.Ordinal
        );
        Assert.Contains("1 completed", output, StringComparison.Ordinal);
        Assert.Contains("from in: 3", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Peek_shows_records_as_json_and_changes_nothing()
    {
        var (exit, output, _) = await TestTerminal.ConveyorAsync("peek", State, "slim", "--max", "2");

        Assert.Equal(0, exit);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Contains("\"sequence\":3", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"text\":\"line 3\"", lines[0], StringComparison.Ordinal);
        Assert.Contains(
            "3 waiting",
            (await TestTerminal.ConveyorAsync("inspect", State)).Out,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Peek_prints_valid_JSON_for_any_record()
    {
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(State)))
            await service.BufferForStageAsync(
                "run",
                "odd",
                "a\"b",
                new("id", new byte[] { 0xFF, 0, 27 })
                {
                    Headers = new Dictionary<string, string>
                    {
                        ["line"] = "7",
                        ["stage"] = "a header's",
                        ["text"] = "\u001b[31m",
                    },
                }
            );

        var (exit, output, _) = await TestTerminal.ConveyorAsync("peek", State, "odd");

        Assert.Equal(0, exit);
        Assert.DoesNotContain(output.TrimEnd('\n'), char.IsControl);
        using var json = System.Text.Json.JsonDocument.Parse(output);
        var names = json.RootElement.EnumerateObject().Select(p => p.Name).ToArray();
        Assert.Equal(names.Distinct(), names);
        Assert.Equal(
            ("odd", "7", "/wAb"),
            (
                json.RootElement.GetProperty("stage").GetString(),
                json.RootElement.GetProperty("line").GetString(),
                json.RootElement.GetProperty("base64").GetString()
            )
        );
        Assert.Equal("a header's", json.RootElement.GetProperty("headers").GetProperty("stage").GetString());
    }

    [Fact]
    public async Task Drain_appends_the_records_to_a_file_and_settles_them()
    {
        var rest = Path.Combine(folder, "rest");
        File.WriteAllText(rest, "before\n");

        var (exit, output, _) = await TestTerminal.ConveyorAsync("drain", State, "slim", "--to", rest);

        Assert.Equal(0, exit);
        Assert.Contains("3 records taken out of stage slim", output, StringComparison.Ordinal);
        Assert.Equal("before\nline 3\nline 4\nline 5\n", File.ReadAllText(rest));
        Assert.Contains(
            "slim: 0 waiting",
            (await TestTerminal.ConveyorAsync("inspect", State)).Out,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_drain_to_a_file_that_cannot_be_written_removes_no_record()
    {
        var (exit, _, error) = await TestTerminal.ConveyorAsync(
            "drain",
            State,
            "slim",
            "--to",
            Path.Combine(folder, "nowhere", "rest")
        );

        Assert.Equal(2, exit);
        Assert.Contains("cannot be written", error, StringComparison.Ordinal);
        Assert.Contains(
            "slim: 3 waiting",
            (await TestTerminal.ConveyorAsync("inspect", State)).Out,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Dead_letters_are_listed_replayed_and_purged()
    {
        var listed = (await TestTerminal.ConveyorAsync("dead-letters", State)).Out;
        Assert.Contains("\"reason\":\"Rejected\",\"error\":\"poison\"", listed, StringComparison.Ordinal);
        Assert.Contains("\"text\":\"line 2\"", listed, StringComparison.Ordinal);

        Assert.Contains(
            "1 dead letter replayed",
            (await TestTerminal.ConveyorAsync("dead-letters", State, "--replay")).Out,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "slim: 4 waiting, 0 parked for lack of room, 0 dead letters",
            (await TestTerminal.ConveyorAsync("inspect", State)).Out,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "line 2",
            (await TestTerminal.ConveyorAsync("peek", State, "slim")).Out.Split(
                '\n',
                StringSplitOptions.RemoveEmptyEntries
            )[^1],
            StringComparison.Ordinal
        );
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(State)))
        {
            Assert.True((await service.GetSnapshotAsync("run")).IsConserved);
            await service.DeadLetterAsync(
                "run",
                "slim",
                (await service.GetBatchAsync("run", "slim", new BatchRequest(2))).Id,
                null,
                "poison"
            );
        }
        Assert.Contains(
            "2 dead letters purged",
            (await TestTerminal.ConveyorAsync("dead-letters", State, "--purge")).Out,
            StringComparison.Ordinal
        );
        Assert.Empty((await TestTerminal.ConveyorAsync("dead-letters", State)).Out);
    }

    [Fact]
    public async Task Fsck_reports_damage_and_repairs_it()
    {
        var (sound, says, _) = await TestTerminal.ConveyorAsync("fsck", State);
        Assert.Equal((0, "sound; 3 records waiting"), (sound, says.Trim()));
        var bytes = File.ReadAllBytes(Path.Combine(State, "conveyor.db"));
        bytes[bytes.AsSpan().IndexOf("line 4"u8)] ^= 1;
        File.WriteAllBytes(Path.Combine(State, "conveyor.db"), bytes);

        var (exit, output, _) = await TestTerminal.ConveyorAsync("fsck", State);
        Assert.Equal(1, exit);
        Assert.Contains("grp 1: its checksum is wrong", output, StringComparison.Ordinal);

        var (repaired, report, _) = await TestTerminal.ConveyorAsync("fsck", State, "--repair");
        Assert.Equal(0, repaired);
        Assert.Contains("the old files and the omitted rows are in", report, StringComparison.Ordinal);
        Assert.Equal(0, (await TestTerminal.ConveyorAsync("fsck", State)).Exit);
    }

    [LinuxFact]
    public async Task A_drain_to_a_full_device_reports_it_once_and_removes_no_record()
    {
        var (exit, _, error) = await TestTerminal.ConveyorAsync("drain", State, "slim", "--to", "/dev/full");

        Assert.Equal(
            (
                1,
                "conveyor: --to is '/dev/full', which cannot be written: No space left on device; records that are not in the file are still in the directory\n"
            ),
            (exit, error)
        );
    }

    [Theory]
    [InlineData("inspect", "DIR is missing; it must be the path of a data directory")]
    [InlineData("inspect ''", "DIR is ''; it must be the path of a data directory")]
    [InlineData("peek STATE ''", "there is no stage ''; it must be one of slim")]
    [InlineData("peek STATE slim --pipeline-name other", "there is no pipeline 'other'; it must be one of run")]
    [InlineData(
        "drain STATE slim --to rest --pipeline-name other",
        "there is no pipeline 'other'; it must be one of run"
    )]
    [InlineData("peek /nowhere slim", "DIR is '/nowhere'; it must be a data directory, and none is found there")]
    [InlineData("peek STATE", "STAGE is missing; it must be the name of a stage")]
    [InlineData("peek STATE other", "there is no stage 'other'; it must be one of slim")]
    [InlineData("drain STATE slim", "--to is missing; it must be the path of a file")]
    [InlineData("dead-letters STATE --replay --purge", "--replay and --purge are both given")]
    [InlineData("dead-letters STATE --stage other", "it must be one of slim")]
    [InlineData("fsck STATE more", "'more' is not expected here; conveyor fsck takes DIR")]
    public async Task Wrong_usage_is_refused_in_a_sentence(string line, string complaint)
    {
        var (exit, _, error) = await TestTerminal.ConveyorAsync([
            .. line.Split(' ')
                .Select(w =>
                    w == "STATE" ? State
                    : w == "''" ? ""
                    : w
                ),
        ]);

        Assert.Equal(2, exit);
        Assert.Contains(complaint, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_in_use_is_refused_by_every_verb()
    {
        await using var held = DataDirectory.Open(State);
        foreach (
            var line in new[]
            {
                "inspect STATE",
                "peek STATE slim",
                "drain STATE slim --to x",
                "dead-letters STATE",
                "fsck STATE --repair",
            }
        )
        {
            var (exit, _, error) = await TestTerminal.ConveyorAsync([
                .. line.Split(' ').Select(w => w == "STATE" ? State : w),
            ]);
            Assert.Equal(2, exit);
            Assert.Contains("is open in this process already", error, StringComparison.Ordinal);
        }
    }
}
