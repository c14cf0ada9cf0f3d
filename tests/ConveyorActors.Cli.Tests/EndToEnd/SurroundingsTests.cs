using System.Runtime.Versioning;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>What the program finds around it when it starts.</summary>
[SupportedOSPlatform("linux")]
public class SurroundingsTests : EndToEndTests
{
    [LinuxTheory]
    [InlineData(
        "conveyor run --source in --sink \"$(printf 'o\\377')\"",
        "the argument 'o\\xFF' has bytes that are no UTF-8; it must be UTF-8"
    )]
    [InlineData(
        "ulimit -n 64; conveyor run --source in --sink out",
        "the limit of open files (ulimit -n) is 64; it must be at least 128"
    )]
    public async Task What_would_go_wrong_is_said_before_anything_is_made(string script, string why)
    {
        Numbers("in", 3);

        var result = await Conveyor.ScriptAsync(Folder, script);

        Assert.InRange(result.Exit, 1, 2);
        Assert.StartsWith($"conveyor: {why}", result.Error, StringComparison.Ordinal);
        Assert.Equal(["in"], Directory.EnumerateFileSystemEntries(Folder).Select(Path.GetFileName));
    }
}
