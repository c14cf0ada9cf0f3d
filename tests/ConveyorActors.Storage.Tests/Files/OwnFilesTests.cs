using ConveyorActors.Storage.Files;

namespace ConveyorActors.Storage.Tests.Files;

/// <summary>Which files belong to a data directory, by the way in which a system compares names.</summary>
public sealed class OwnFilesTests
{
    static readonly string Folder = Path.Combine(Path.GetTempPath(), "state");

    [Theory]
    [InlineData("state/conveyor.db", true, true)]
    [InlineData("state/../state/sink-01234567", true, true)]
    [InlineData("state/other", false, false)]
    [InlineData("state/sub/conveyor.db", false, false)]
    [InlineData("state/CONVEYOR.DB", false, true)]
    [InlineData("State/conveyor.db-wal", false, true)]
    [InlineData("STATE/Sink-01234567", false, true)]
    public void Own_files_are_recognized_by_the_name_comparison_of_the_system(string name, bool exactly, bool anyCase)
    {
        var file = Path.Combine(Path.GetTempPath(), name);

        Assert.Equal(exactly, OwnFiles.Contains(Folder, file, StringComparison.Ordinal));
        Assert.Equal(anyCase, OwnFiles.Contains(Folder, file, StringComparison.OrdinalIgnoreCase));
    }
}
