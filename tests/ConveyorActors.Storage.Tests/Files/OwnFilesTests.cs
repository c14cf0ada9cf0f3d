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
    public void A_name_is_that_of_an_own_file_as_the_system_compares_names(string name, bool exactly, bool anyCase)
    {
        var file = Path.Combine(Path.GetTempPath(), name);

        Assert.Equal(exactly, OwnFiles.Contains(Folder, file, StringComparison.Ordinal));
        Assert.Equal(anyCase, OwnFiles.Contains(Folder, file, StringComparison.OrdinalIgnoreCase));
    }
}
