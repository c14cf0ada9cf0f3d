using ConveyorActors.Pipelines.Sources;

namespace ConveyorActors.Pipelines.Tests.Sources;

public sealed class PathPatternTests : IDisposable
{
    readonly TempDirectory temp = new();

    public void Dispose() => temp.Dispose();

    [Theory]
    [InlineData("*", "a", true)]
    [InlineData("*", ".a", false)]
    [InlineData(".*", ".a", true)]
    [InlineData("?a", ".a", false)]
    [InlineData("[.]a", ".a", false)]
    [InlineData("*.log", "a.log", true)]
    [InlineData("*.log", "a.log.1", false)]
    [InlineData("*.log*", "a.log.1", true)]
    [InlineData("a*b*c", "axbxbxc", true)]
    [InlineData("a*b*c", "axbxbx", false)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "ac", false)]
    [InlineData("a?c", "aéc", true)]
    [InlineData("a?c", "a😀c", true)]
    [InlineData("[abc]", "b", true)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("[a-c]x", "dx", false)]
    [InlineData("[!a-c]", "d", true)]
    [InlineData("[^a-c]", "b", false)]
    [InlineData("[]]", "]", true)]
    [InlineData("[!]]", "]", false)]
    [InlineData("[a-]", "-", true)]
    [InlineData("[a", "[a", true)]
    [InlineData("[a", "a", false)]
    [InlineData("*[0-9]", "a1b2", true)]
    [InlineData("A*", "a", false)]
    public void A_pattern_matches_names_as_a_shell_does(string pattern, string name, bool matches) =>
        Assert.Equal(matches, PathPattern.Matches(pattern, name));

    [Theory]
    [InlineData(@"C:\logs\*.log", '\\', "C:/logs/*.log")]
    [InlineData(@"..\a/*.log", '\\', "../a/*.log")]
    [InlineData(@"\\server\share\*.log", '\\', "//server/share/*.log")]
    [InlineData(@"a\*.log", '/', @"a\*.log")]
    public void A_pattern_uses_slashes_on_every_system(string path, char separator, string pattern) =>
        Assert.Equal(pattern, PathPattern.ReplaceSeparators(path, separator));

    [Fact]
    public void Matches_are_files_in_order_in_directories_that_match()
    {
        foreach (var name in new[] { "d2", "d1", "other", "d1/sub.log" })
            Directory.CreateDirectory(temp.Path(name));
        foreach (
            var name in new[]
            {
                "d2/b.log",
                "d1/c.log",
                "d1/a.log",
                "d1/.hidden.log",
                "d1/a.txt",
                "other/a.log",
                "d3.log",
            }
        )
            temp.File(name, "");

        var found = PathPattern.Find(temp.Path("d[0-9]*/*.log"))!.Matches();

        Assert.Equal([temp.Path("d1/a.log"), temp.Path("d1/c.log"), temp.Path("d2/b.log")], found);
        Assert.Equal(
            [temp.Path("d1/a.log"), temp.Path("other/a.log")],
            PathPattern.Find(temp.Path("*/a.log"))!.Matches()
        );
        Assert.Empty(PathPattern.Find(temp.Path("none/*.log"))!.Matches());
    }

    [Fact]
    public void A_path_without_wildcards_or_of_an_existing_file_is_not_a_pattern()
    {
        var literal = temp.File("a[1]*.log", "");

        Assert.Null(PathPattern.Find(literal));
        Assert.Null(PathPattern.Find("-"));
        Assert.Null(PathPattern.Find(temp.Path("a.log")));
        Assert.Equal([literal], PathPattern.Find(temp.Path("a*.log"))!.Matches());
    }
}
