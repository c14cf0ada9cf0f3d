using System.CommandLine;
using ConveyorActors.Cli.Run;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Tests.Run;

public class LimitFlagsTests
{
    [Fact]
    public void The_draft_has_exactly_the_given_limits()
    {
        var draft = Read("--max-per-stage", "7", "--max-results", "3KiB", "--threshold", "0.5");
        Assert.Equal(7, draft.MaxPerStage?.Value);
        Assert.Equal(3 << 10, draft.MaxResults?.Value);
        Assert.Equal(0.5, draft.Threshold?.Value);
        Assert.Equal(
            new PipelineDraft(),
            draft with
            {
                Sink = null,
                MaxPerStage = null,
                MaxResults = null,
                Threshold = null,
            }
        );
    }

    [Fact]
    public void Other_settings_of_the_draft_stay() => Assert.Equal("out.txt", Read("--max-line", "1KiB").Sink?.Value);

    static PipelineDraft Read(params string[] arguments)
    {
        var flags = new LimitFlags();
        var command = new Command("run");
        foreach (var option in flags.All)
            command.Options.Add(option);
        var errors = new InputErrors();
        var draft = new PipelineDraft { Sink = new("out.txt", "--sink", "out.txt") };
        draft = flags.ReadInto(draft, command.Parse(arguments), errors);
        Assert.Empty(errors.All);
        return draft;
    }
}
