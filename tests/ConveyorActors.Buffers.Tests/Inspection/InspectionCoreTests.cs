using System.Reflection;
using ConveyorActors.Buffers.Inspection;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Tests.Inspection;

/// <summary>What all commands have in common.</summary>
public sealed class InspectionCoreTests : InspectedShop
{
    [Theory]
    [InlineData(
        "stagse orders",
        2,
        "the command is 'stagse'; it must be one of pipelines, stages, sources, why, credits, dead-letters, pause, resume, drain, limits, stats, audit, help; did you mean 'stages'?"
    )]
    [InlineData(
        "xyzzy",
        2,
        "the command is 'xyzzy'; it must be one of pipelines, stages, sources, why, credits, dead-letters, pause, resume, drain, limits, stats, audit, help"
    )]
    [InlineData("stages", 2, "PIPELINE is missing; it must be the name of a pipeline: stages PIPELINE [--json]")]
    [InlineData(
        "stages ''",
        2,
        "PIPELINE is empty; it must be a name of 1 to 200 characters without control characters."
    )]
    [InlineData("stages orders more", 2, "'more' is one word too many; stages PIPELINE [--json]")]
    [InlineData("stages orders --jsno", 2, "--jsno is not an option of stages; did you mean --json?")]
    [InlineData("stages orders --all", 2, "--all is not an option of stages; it must be one of --json")]
    [InlineData("stages orders --json --json", 2, null)]
    [InlineData("stages 'orders", 2, "a quote (') is not closed; close it, or put the other kind around it")]
    [InlineData(
        "stages ordres",
        1,
        "PIPELINE is 'ordres', and there is no pipeline of that name; did you mean 'orders'?"
    )]
    [InlineData(
        "stages billing",
        1,
        "PIPELINE is 'billing', and there is no pipeline of that name; it must be one of 'orders'"
    )]
    [InlineData(
        "help stagse",
        2,
        "the command is 'stagse'; it must be one of pipelines, stages, sources, why, credits, dead-letters, pause, resume, drain, limits, stats, audit, help; did you mean 'stages'?"
    )]
    public async Task An_invalid_command_is_reported_by_its_word_its_value_and_the_valid_values(
        string line,
        int exitCode,
        string? sentence
    )
    {
        var reply = await Run(line);
        Assert.Equal(exitCode, reply.ExitCode);
        Assert.True(reply.IsError);
        if (sentence is not null)
            Assert.Equal(sentence, reply.Text);
    }

    [Fact]
    public async Task With_json_errors_are_JSON()
    {
        var reply = await Run("stages ordres --json");
        Assert.Equal(
            (
                1,
                "{\n  \"error\": \"PIPELINE is 'ordres', and there is no pipeline of that name; did you mean 'orders'?\"\n}"
            ),
            (reply.ExitCode, reply.Text)
        );
    }

    [Fact]
    public async Task Names_may_contain_spaces_and_begin_with_dashes()
    {
        await Service.ConfigureAsync("--the orders", new());
        await Prints("stages -- \"--the orders\"", "Pipeline '--the orders' has no stages.");
    }

    [Fact]
    public async Task A_command_with_named_values_is_the_same_command()
    {
        var core = new InspectionCore(Service);
        Assert.Equal(
            await Run("why orders web"),
            await core.RunAsync("why", [("--source", "web"), ("--pipeline", "orders")])
        );
        Assert.Equal(
            await Run("why orders web"),
            await core.RunAsync("why", [("SOURCE", "web"), ("PIPELINE", "orders"), ("--json", "no")])
        );
        Assert.Equal(
            await Run("why orders web --json"),
            await core.RunAsync("why", [("source", "web"), ("pipeline", "orders"), ("--json", "")])
        );
        Assert.Equal(
            await Run("dead-letters list orders --max 1"),
            await core.RunAsync("dead-letters", [("--action", "list"), ("--pipeline", "orders"), ("--max", "1")])
        );
        Assert.Equal(
            await Run("limits set orders --max-per-stage 3 --plan"),
            await core.RunAsync(
                "limits",
                [("--plan", "yes"), ("--max-per-stage", "3"), ("--pipeline", "orders"), ("--action", "set")]
            )
        );
        Assert.Equal(await Run("pipelines"), await core.RunAsync("pipelines", Array.Empty<(string, string?)>()));
    }

    [Fact]
    public async Task A_wrong_named_value_is_reported_in_the_same_way()
    {
        var core = new InspectionCore(Service);
        Assert.Equal(
            "SOURCE is missing; it must be the name of a source: why PIPELINE SOURCE [--json]",
            (await core.RunAsync("why", [("--pipeline", "orders")])).Text
        );
        Assert.Equal(
            "PIPELINE is given twice; it must be given once",
            (await core.RunAsync("why", [("--pipeline", "a"), ("--pipeline", "b")])).Text
        );
        Assert.Equal(
            "--sauce is not an option of why; it must be one of --json",
            (await core.RunAsync("why", [("--sauce", "web")])).Text
        );
        Assert.Equal(
            "PIPELINE is empty; it must be a name of 1 to 200 characters without control characters.",
            (await core.RunAsync("stages", [("--pipeline", null)])).Text
        );
        Assert.StartsWith(
            "{\n  \"error\": \"the command is 'wyh'",
            (await core.RunAsync("wyh", [("--json", "yes")])).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_server_without_a_pipeline_is_reported()
    {
        await using var nothing = new EmbeddedBufferService();
        Assert.Equal(
            "PIPELINE is 'x', and there is no pipeline of that name; there is no pipeline yet",
            (await new InspectionCore(nothing).RunAsync("stages x")).Text
        );
    }

    [Fact]
    public async Task Ten_of_many_names_are_shown()
    {
        for (var i = 10; i < 30; i++)
            await Service.ConfigureAsync($"pipeline number {i}", new());
        Assert.EndsWith(
            "it must be one of 'orders', 'pipeline number 10', 'pipeline number 11', 'pipeline number 12', 'pipeline number 13', 'pipeline number 14', "
                + "'pipeline number 15', 'pipeline number 16', 'pipeline number 17', 'pipeline number 18', and 11 more",
            (await Run("stages x")).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Errors_of_the_port_are_shown_in_one_line_without_type_or_stack()
    {
        var core = new InspectionCore(Broken.Make());
        foreach (var command in (string[])["pipelines", "stages orders"])
        {
            var reply = await core.RunAsync(command);
            Assert.Equal((1, "the node is away"), (reply.ExitCode, reply.Text));
            Assert.IsType<InvalidOperationException>(reply.Failure);
            Assert.DoesNotContain(nameof(InvalidOperationException), reply.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_command_that_is_cancelled_is_cancelled() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await new InspectionCore(Broken.Make(new OperationCanceledException())).RunAsync(
                "pipelines",
                new CancellationToken(canceled: true)
            )
        );

    /// <summary>A port of which every call fails.</summary>
    public class Broken : DispatchProxy
    {
        Exception failure = new InvalidOperationException("the node is away\n   at Somewhere.Inside()");

        public static IBufferService Make(Exception? failure = null)
        {
            var made = Create<IBufferService, Broken>();
            if (failure is not null)
                ((Broken)(object)made).failure = failure;
            return made;
        }

        protected override object? Invoke(MethodInfo? method, object?[]? arguments) => throw failure;
    }
}
