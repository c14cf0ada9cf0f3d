using System.CommandLine;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Node.Arguments;

namespace ConveyorActors.Node.Tests.Arguments;

public sealed class NodeArgumentsReaderTests
{
    readonly Dictionary<string, string> environment = new(StringComparer.Ordinal);
    readonly InputErrors errors = new();

    [Fact]
    public void A_flag_overrides_its_environment_variable()
    {
        environment["CONVEYOR_NODE_PORT"] = "4001";
        environment["CONVEYOR_NODE_HOST"] = "web-1";
        var read = Read("--port", "4002");
        Assert.Empty(errors.All);
        Assert.Equal((4002, "web-1"), (read.Port, read.Host));
    }

    [Fact]
    public void Values_that_are_neither_given_nor_set_stay_empty()
    {
        var read = Read();
        Assert.Empty(errors.All);
        Assert.Empty(read.Seeds);
        Assert.Empty(read.Roles);
        Assert.Equal(new(), read with { Seeds = [], Roles = [] });
    }

    [Fact]
    public void A_variable_can_have_several_values_or_turn_on_a_switch()
    {
        environment["CONVEYOR_NODE_ROLES"] = "pipelines, web";
        environment["CONVEYOR_NODE_FAST"] = "1";
        var read = Read();
        Assert.Empty(errors.All);
        Assert.Equal(["pipelines", "web"], read.Roles);
        Assert.True(read.IsFast);
        Assert.False(read.IsInspected);
    }

    [Theory]
    [InlineData("--tls-certificate", "--tls-certificate is given without --tls-authority")]
    [InlineData("--tls-authority", "--tls-authority is given without --tls-certificate")]
    public void One_TLS_file_without_the_other_is_an_error(string flag, string error)
    {
        Assert.Null(Read(flag, "file.pem").Tls);
        Assert.StartsWith(error, Assert.Single(errors.All), StringComparison.Ordinal);
    }

    NodeArguments Read(params string[] arguments)
    {
        var flags = new NodeFlags();
        var command = new Command("node");
        foreach (var option in flags.All)
            command.Options.Add(option);
        var reader = new NodeArgumentsReader(flags, command.Parse(arguments), environment.GetValueOrDefault, errors);
        return reader.Read();
    }
}
