using ConveyorActors.Cli.Tests.EndToEnd;

namespace ConveyorActors.Cli.Tests.BuildScript;

public class PublishedProgramTests : EndToEndTests
{
    [NativeFact]
    public void The_published_program_is_native()
    {
        var files = Directory.EnumerateFiles(Path.GetDirectoryName(Conveyor.Program)!).Select(Path.GetFileName);

        Assert.Equal(["conveyor", "libe_sqlite3.so"], files.Order(StringComparer.Ordinal));
    }

    [NativeFact]
    public async Task A_program_that_was_copied_without_its_library_names_it()
    {
        var alone = Path.Combine(Folder, "conveyor");
        File.Copy(Conveyor.Program, alone);
        Numbers("in", 3);

        var run = await Conveyor.ScriptAsync(Folder, "./conveyor run --data state --source in --sink out");

        Assert.Equal(
            (
                2,
                $"conveyor: data file '{Path.Combine(Folder, "state", "conveyor.db")}' cannot be opened: the library e_sqlite3 cannot be loaded; it must be beside the program, in '{Folder}/'\n"
            ),
            (run.Exit, run.Error)
        );
    }
}
