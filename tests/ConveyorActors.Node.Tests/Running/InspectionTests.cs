using System.Text.Json;
using ConveyorActors.Buffers.Inspection;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Node.Running;

namespace ConveyorActors.Node.Tests.Running;

/// <summary>The operators' commands on standard input.</summary>
public sealed class InspectionTests
{
    [Theory]
    [InlineData("pipelnes --json", "the command is 'pipelnes'")]
    [InlineData("stages nope --json", "PIPELINE is 'nope'")]
    [InlineData("stages --json 'nope", "a quote (') is not closed")]
    [InlineData("help nope --json", "the command is 'nope'")]
    public async Task An_error_with_json_is_one_object_of_JSON(string command, string error)
    {
        var lines = (await RunAsync(command)).Split('\n');

        Assert.Equal([".", ""], lines[^2..]);
        using var json = JsonDocument.Parse(string.Join('\n', lines[..^2]));
        Assert.Contains(error, json.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_without_json_begins_with_that_word() =>
        Assert.StartsWith("error: the command is 'pipelnes'", await RunAsync("pipelnes"), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData(" \t")]
    public async Task Every_line_gets_a_dot_also_an_empty_one(string line) => Assert.Equal(".\n", await RunAsync(line));

    static async Task<string> RunAsync(string line)
    {
        await using var service = new EmbeddedBufferService();
        using var output = new StringWriter();
        using var input = new StringReader(line + "\n");
        await new Inspection(new InspectionCore(service), input, output).RunAsync(CancellationToken.None);
        return output.ToString();
    }
}
