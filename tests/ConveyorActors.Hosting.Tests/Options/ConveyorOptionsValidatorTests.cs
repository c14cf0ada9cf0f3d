using Microsoft.Extensions.Options;

namespace ConveyorActors.Hosting.Tests.Options;

/// <summary>Options that code sets to values that no configuration can contain.</summary>
public sealed class ConveyorOptionsValidatorTests
{
    [Fact]
    public async Task Options_that_code_sets_to_null_stop_the_start_with_their_keys()
    {
        await using var run = HostRun.Build(services =>
            services.AddConveyor(options =>
            {
                options.Pipelines["orders"] = null!;
                options.Pipelines["clicks"] = new() { Stages = { ["mail"] = null! } };
                options.Consumers["Writer"] = null!;
            })
        );

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(run.StartAsync);

        Assert.Equal(
            [
                "Conveyor:Pipelines:orders is null; it must be a PipelineOptions, or be left out.",
                "Conveyor:Pipelines:clicks:Stages:mail is null; it must be a StageOptions, or be left out.",
                "Conveyor:Consumers:Writer is null; it must be a ConsumerOptions, or be left out.",
            ],
            failure.Failures
        );
    }

    [Fact]
    public async Task A_data_directory_that_code_sets_to_an_empty_path_stops_the_start()
    {
        await using var run = HostRun.Build(services => services.AddConveyor(options => options.DataDirectory = ""));

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(run.StartAsync);

        Assert.Equal(
            ["Conveyor:DataDirectory is empty; it must be the path of a directory, or be left out."],
            failure.Failures
        );
    }
}
