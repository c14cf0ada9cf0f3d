using ConveyorActors.Buffers.Service;
using ConveyorActors.Storage;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>What the program says about itself can never end it, wherever that goes or does not go.</summary>
public class BrokenOutputTests : EndToEndTests
{
    [LinuxTheory]
    [InlineData("2> /dev/full")]
    [InlineData("2>&-")]
    [InlineData("--progress plain 2> /dev/full")]
    [InlineData("--progress plain 2>&- > /dev/full")]
    [InlineData("<&- >&- 2>&-")]
    public async Task A_run_continues_when_its_messages_cannot_be_written(string how)
    {
        Numbers("in", 2_000);

        var result = await Conveyor.ScriptAsync(
            Folder,
            $"conveyor run --source in --stage 'k=sleep .1; cat' --workers 1 --sink o {how}"
        );

        Assert.Equal(0, result.Exit);
        Assert.Equal(Read("in"), Read("o"));
    }

    [LinuxTheory]
    [InlineData("conveyor run --source - --stage k=cat <&-", 2, "standard input cannot be read: it is closed")]
    [InlineData("conveyor run --source in --stage k=cat >&-", 2, "standard output cannot be written: it is closed")]
    [InlineData(
        "conveyor run --source in --stage k=cat > /dev/full",
        1,
        "standard output cannot be written: No space left on device"
    )]
    [InlineData("conveyor --help > /dev/full", 1, "standard output cannot be written: No space left on device")]
    [InlineData("conveyor run --help >&-", 1, "standard output cannot be written: it is closed")]
    [InlineData("conveyor --version > /dev/full 2> /dev/full", 1, "")]
    [InlineData("conveyor inspect st > /dev/full", 1, "standard output cannot be written: No space left on device")]
    [InlineData("conveyor peek st k >&-", 1, "standard output cannot be written: it is closed")]
    [InlineData("conveyor fsck st > /dev/full", 1, "standard output cannot be written")]
    [InlineData("conveyor dead-letters st > /dev/full", 0, "")]
    [InlineData("conveyor drain st k --to rest > /dev/full && test -s rest", 0, "the line was: 3 records taken out")]
    [InlineData("conveyor drain st k --to rest >&- 2>&- && test -s rest", 0, "")]
    [InlineData("conveyor nonsense 2>&-", 2, "")]
    [InlineData("conveyor run 2> /dev/full", 2, "")]
    [InlineData("conveyor inspect st 2> /dev/full <&-", 0, "")]
    [InlineData("conveyor run --help | head -n 1 > /dev/null", 0, "")]
    [InlineData("(sleep 1; conveyor inspect st; echo $? > code) | true; test $(cat code) = 0", 0, "")]
    [InlineData("(conveyor demo --seconds 600; echo $? > code) | head -n 1; test $(cat code) = 0", 0, "")]
    public async Task Exit_codes_are_right_when_no_output_can_be_written(string script, int exit, string says)
    {
        Numbers("in", 3);
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(Path.Combine(Folder, "st"))))
            await service.BufferBatchForStageAsync(
                "run",
                "k",
                "in",
                new[] { "1", "2", "3" }
                    .Select(t => new Buffers.ConveyorRecord("", System.Text.Encoding.UTF8.GetBytes(t)))
                    .ToArray()
            );

        var result = await Conveyor.ScriptAsync(Folder, script);

        Sane(result);
        Assert.Equal(exit, result.Exit);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
    }
}
