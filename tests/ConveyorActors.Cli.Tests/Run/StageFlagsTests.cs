using System.CommandLine;
using ConveyorActors.Cli.Run;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Tests.Run;

public class StageFlagsTests
{
    readonly StageFlags flags = new();
    readonly InputErrors errors = new();

    [Fact]
    public void The_last_failure_mode_without_a_stage_applies_to_every_stage()
    {
        var parsed = Parse(
            "--on-stage-failure",
            "pause",
            "--on-stage-failure",
            "stop",
            "--on-stage-failure",
            "up=dead-letter"
        );
        var failures = flags.ReadStageFailures(parsed, errors);
        Assert.Empty(errors.All);
        Assert.Equal([null, null, "up"], failures.Select(f => f.Stage?.Value));
        Assert.Equal(StageFailureMode.Stop, flags.ReadAllStages(parsed, failures, errors).OnStageFailure?.Value);
    }

    [Fact]
    public void A_stage_that_cannot_be_read_is_an_error_and_is_left_out()
    {
        var stages = flags.ReadStages(Parse("--stage", "cut -f1", "--stage", "up=tr a-z A-Z"), errors);
        Assert.StartsWith("--stage is 'cut -f1'", Assert.Single(errors.All), StringComparison.Ordinal);
        var stage = Assert.Single(stages);
        Assert.Equal(("up", "tr a-z A-Z"), (stage.Name?.Value, stage.Command?.Value));
    }

    [Fact]
    public void Exit_codes_are_read_with_their_stage()
    {
        var exits = Assert.Single(flags.ReadOkExits(Parse("--ok-exit", "busy=0, 1"), errors));
        Assert.Empty(errors.All);
        Assert.Equal("busy", exits.Stage.Value);
        Assert.Equal([0, 1], exits.Codes);
    }

    ParseResult Parse(params string[] arguments)
    {
        var command = new Command("run");
        foreach (var flag in (Flag[])[flags.Stage, flags.OkExit, flags.OnStageFailure])
            command.Options.Add(flag);
        return command.Parse(arguments);
    }
}
