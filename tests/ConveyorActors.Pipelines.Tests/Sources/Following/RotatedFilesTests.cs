using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Sources.Following;

namespace ConveyorActors.Pipelines.Tests.Sources.Following;

public sealed class RotatedFilesTests : IDisposable
{
    readonly TempDirectory temp = new();

    public void Dispose() => temp.Dispose();

    [Theory]
    [InlineData("app.log.1", true)]
    [InlineData("app.log-20260131", true)]
    [InlineData("app.log.2026-01-31T10:00:00Z", true)]
    [InlineData("app.1.log", true)]
    [InlineData("app-2026_01_31.log", true)]
    [InlineData("app.log", false)]
    [InlineData("app.log.1.gz", false)]
    [InlineData("app.log.bak", false)]
    [InlineData("app.log1", false)]
    [InlineData("app.log.out", false)]
    [InlineData("apps.1.log", false)]
    [InlineData("x-app.log.1", false)]
    [InlineData("app.log.", false)]
    public void Rotation_adds_a_number_or_a_date_to_a_name(string other, bool isRotated) =>
        Assert.Equal(isRotated, RotatedFiles.IsRotatedName("app.log", other));

    [Theory]
    [InlineData("log", "log.1", true)]
    [InlineData(".log", ".1.log", false)]
    [InlineData(".log", ".log.1", true)]
    public void Names_without_an_extension_get_the_suffix_at_their_end(string name, string other, bool isRotated) =>
        Assert.Equal(isRotated, RotatedFiles.IsRotatedName(name, other));

    [LinuxFact]
    public void A_renamed_file_is_found_in_its_directory_by_its_number()
    {
        var path = temp.File("app.log", "x");
        var number = FileId.FindNumber(path)!;
        Assert.Equal(path, RotatedFiles.Find(path, number));
        File.Move(path, temp.Path("moved"));
        temp.File("app.log", "y");

        Assert.Equal(temp.Path("moved"), RotatedFiles.Find(path, number));
        File.Delete(temp.Path("moved"));
        Assert.Null(RotatedFiles.Find(path, number));
        Assert.Null(RotatedFiles.Find(temp.Path("none/app.log"), number));
    }

    [LinuxTheory]
    [InlineData("app.log.3 app.log.2 app.log.1")]
    [InlineData("app.log.1 app.log.2 app.log.3")]
    [InlineData("app.log-20260101 app.log-20260102 app.log.2026-01-03")]
    public async Task Files_created_between_two_others_are_found_in_order_of_creation(string names)
    {
        var first = temp.File("app.log.0", "");
        await TickAsync();
        var between = new List<string>();
        foreach (var name in names.Split(' '))
        {
            between.Add(temp.File(name, ""));
            temp.File(name + ".bak", "");
            await TickAsync();
        }
        var last = temp.File("app.log", "");
        await TickAsync();
        temp.File("app.log.9", "");

        Assert.Equal(
            between,
            RotatedFiles.FindBetween(last, FileId.FindNumber(first)!, null, FileId.FindNumber(last)).Select(f => f.Path)
        );
        Assert.Equal(
            [.. between, temp.Path("app.log.9")],
            RotatedFiles
                .FindBetween(last, FileId.FindNumber(first)!, null, null)
                .Select(f => f.Path)
                .Where(p => p != last)
        );
        Assert.Equal(
            between[2..],
            RotatedFiles
                .FindBetween(last, FileId.FindNumber(first)!, FileId.FindNumber(between[1]), FileId.FindNumber(last))
                .Select(f => f.Path)
        );
        Assert.Equal(FileId.FindNumber(temp.Path("app.log.9")), RotatedFiles.FindNewest(last, like: null));
        Assert.Empty(RotatedFiles.FindBetween(last, "4711", null, FileId.FindNumber(last)));
    }

    /// <summary>The clock of a file system ticks every few milliseconds.</summary>
    static Task TickAsync() => Task.Delay(10);
}
