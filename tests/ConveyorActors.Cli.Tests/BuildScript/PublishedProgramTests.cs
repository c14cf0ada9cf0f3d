using ConveyorActors.Cli.Tests.EndToEnd;

namespace ConveyorActors.Cli.Tests.BuildScript;

public class PublishedProgramTests
{
    [NativeFact]
    public void The_published_program_is_native()
    {
        var files = Directory.EnumerateFiles(Path.GetDirectoryName(Conveyor.Program)!).Select(Path.GetFileName);

        Assert.Equal(["conveyor", "libe_sqlite3.so"], files.Order(StringComparer.Ordinal));
    }
}
