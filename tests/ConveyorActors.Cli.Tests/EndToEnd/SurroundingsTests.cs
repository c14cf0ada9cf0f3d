using System.Runtime.Versioning;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>What the program finds around it when it starts.</summary>
[SupportedOSPlatform("linux")]
public class SurroundingsTests : EndToEndTests
{
    [LinuxTheory]
    [InlineData(
        "conveyor run --source in --sink \"$(printf 'o\\377')\"",
        "the argument 'o\\xFF' is not valid UTF-8; it must be UTF-8"
    )]
    [InlineData(
        "ulimit -n 64; conveyor run --source in --sink out",
        "the limit of open files (ulimit -n) is 64; it must be at least 128"
    )]
    public async Task Errors_are_reported_before_anything_is_created(string script, string why)
    {
        Numbers("in", 3);

        var result = await Conveyor.ScriptAsync(Folder, script);

        Assert.InRange(result.Exit, 1, 2);
        Assert.StartsWith($"conveyor: {why}", result.Error, StringComparison.Ordinal);
        Assert.Equal(["in"], Directory.EnumerateFileSystemEntries(Folder).Select(Path.GetFileName));
    }

    /// <summary>A plain command is started without a shell; one with a semicolon is not.</summary>
    [LinuxTheory]
    [InlineData("export PWD")]
    [InlineData("export PWD=/wrong")]
    [InlineData("export IFS=x")]
    [InlineData("unset PWD")]
    public async Task A_command_has_the_same_environment_as_in_a_shell(string before)
    {
        Numbers("in", 1);

        var result = await Conveyor.ScriptAsync(
            Folder,
            $"""
            {before}
            for command in env 'env;'; do
                conveyor run --progress none --source in --stage "s=$command" --sink out || exit 1
                grep -v '^CONVEYOR_BATCH=' out | sort > "out $command"
            done
            grep -q '^PATH=' 'out env' && cmp 'out env' 'out env;'
            """
        );

        Assert.Equal(0, result.Exit);
    }

    [LinuxFact]
    public async Task A_program_that_becomes_the_first_on_the_path_is_used_from_then_on()
    {
        Numbers("in", 30);

        var result = await Conveyor.ScriptAsync(
            Folder,
            """
            mkdir first second
            printf '#!/bin/sh\nsed s/^/old/; printf "#!/bin/sh\nsed s/^/new/\n" > first/tool; chmod +x first/tool\n' > second/tool
            chmod +x second/tool
            PATH="$PWD/first:$PWD/second:$PATH"
            conveyor run --progress none --source in --stage 's=tool' --batch 10 --workers 1 --sink out
            """
        );

        Assert.Equal(0, result.Exit);
        var lines = Read("out").Split('\n');
        Assert.Equal(10, lines.Count(l => l.StartsWith("old", StringComparison.Ordinal)));
        Assert.Equal(20, lines.Count(l => l.StartsWith("new", StringComparison.Ordinal)));
    }
}
