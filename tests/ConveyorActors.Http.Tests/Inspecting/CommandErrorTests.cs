using ConveyorActors.Http.Inspecting;

namespace ConveyorActors.Http.Tests.Inspecting;

public class CommandErrorTests
{
    [Theory]
    [InlineData("--max-bytes-per-stage is '0'; it must be 1", "maxBytesPerStage is '0'; it must be 1")]
    [InlineData("PIPELINE is 'a'; did you mean 'b'?", "pipeline is 'a'; did you mean 'b'?")]
    [InlineData(
        "--low-watermark would be 0.9 and --backpressure-threshold 0.8; the first must be the lower one",
        "lowWatermark would be 0.9 and backpressureThreshold 0.8; the first must be the lower one"
    )]
    [InlineData("--max-per-stage is 'off'; it must be 1", "maxPerStage is 'null'; it must be 1")]
    [InlineData("--max-total-bytes is '0'; it must be 1, or off", "maxTotalBytes is '0'; it must be 1, or null")]
    [InlineData("--max-per-stage is '\"a\"'; it must be 1", "maxPerStage is \"a\"; it must be 1")]
    [InlineData(
        "--max-per-stage is '[\"'; it must be , or off\"]'; it must be 1",
        "maxPerStage is '[\"'; it must be , or off\"]'; it must be 1"
    )]
    public void The_names_of_a_command_become_those_of_JSON(string error, string expected) =>
        Assert.Equal(expected, CommandError.Format(error));

    [Theory]
    [InlineData("pipeline is 'PIPELINE is --max-per-stage '; it must be A B")]
    [InlineData("stage is '--low-watermark would be 1 and --backpressure-threshold 2'; it must be c")]
    public void Values_are_not_changed(string error) => Assert.Equal(error, CommandError.Format(error));
}
