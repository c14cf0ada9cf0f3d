using System.Diagnostics;
using ConveyorActors.Pipelines.Files;

namespace ConveyorActors.Pipelines.Tests.Files;

/// <summary>Whether two files of a run are one is judged by what they are, whatever they are called.</summary>
public sealed class FileRoleTests : IDisposable
{
    readonly TempDirectory temp = new();

    public static TheoryData<string, string, string, bool> Pairs()
    {
        var pairs = new TheoryData<string, string, string, bool>();
        foreach (var way in new[] { "same", "hard", "symbolic", "directory" })
        {
            foreach (
                var (one, other) in new[]
                {
                    ("Output", "Source"),
                    ("Output", "Plan"),
                    ("Output", "Output"),
                    ("Messages", "Source"),
                    ("Messages", "Plan"),
                    ("Messages", "Output"),
                    ("Output", "State"),
                    ("Source", "State"),
                    ("Messages", "State"),
                }
            )
                pairs.Add(one, other, way, true);
            pairs.Add("Source", "Source", way, false);
            pairs.Add("Plan", "Source", way, false);
        }
        return pairs;
    }

    [LinuxTheory]
    [MemberData(nameof(Pairs))]
    public void Two_names_of_a_file_clash_unless_both_only_read_it(string one, string other, string way, bool clashes)
    {
        var file = temp.File("file", "precious");
        var roles = new[] { Role("a", file, one), Role("b", OtherName(file, way), other) };

        foreach (var order in new[] { roles, [.. roles.Reverse()] })
        {
            var why = FileRole.FindConflict(order);
            Assert.Equal(clashes, why is not null);
            if (clashes)
                Assert.Matches("a '.*b '|b '.*a '", why);
        }
    }

    [UnixTheory]
    [InlineData("new", "new", true)]
    [InlineData("new", "folder/../new", true)]
    [InlineData("new", "linked/new", true)]
    [InlineData("new", "dangling", true)]
    [InlineData("new", "other", false)]
    [InlineData("new", "folder/new", false)]
    public void Two_names_of_a_file_that_does_not_exist_yet_clash(string one, string other, bool clashes)
    {
        Directory.CreateDirectory(temp.Path("folder"));
        Directory.CreateSymbolicLink(temp.Path("linked"), temp.Path("."));
        File.CreateSymbolicLink(temp.Path("dangling"), temp.Path("new"));

        var why = FileRole.FindConflict([Role("a", temp.Path(one), "Output"), Role("b", temp.Path(other), "Output")]);

        Assert.Equal(clashes, why?.EndsWith(": they must be different files", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public void Two_files_with_the_same_content_do_not_clash() =>
        Assert.Null(
            FileRole.FindConflict([
                Role("a", temp.File("one", "x"), "Output"),
                Role("b", temp.File("two", "x"), "Source"),
            ])
        );

    [LinuxFact]
    public void A_device_may_be_used_many_times()
    {
        Assert.Null(
            FileRole.FindConflict([
                .. new[] { "Output", "Output", "Source", "Messages" }.Select(use => Role("a", "/dev/null", use)),
            ])
        );
    }

    [LinuxTheory]
    [InlineData("Output", "Source", true)]
    [InlineData("Output", "Output", true)]
    [InlineData("Plan", "Source", true)]
    [InlineData("Messages", "Output", false)]
    public async Task A_named_pipe_is_not_both_ends_of_a_run(string one, string other, bool clashes)
    {
        var pipe = temp.Path("pipe");
        using var made = Process.Start("mkfifo", pipe);
        await made.WaitForExitAsync();

        Assert.Equal(clashes, FileRole.FindConflict([Role("a", pipe, one), Role("b", pipe, other)]) is not null);
    }

    [LinuxTheory]
    [InlineData("-", 7)]
    [InlineData("/dev/stdin", 0)]
    [InlineData("/dev/stdout", 1)]
    [InlineData("/dev/stderr", 2)]
    [InlineData("/dev/fd/12", 12)]
    [InlineData("/dev/../dev/fd/3", 3)]
    [InlineData("/proc/self/fd/4", 4)]
    [InlineData("/proc/thread-self/fd/4", 4)]
    [InlineData("/dev/null", null)]
    [InlineData("/proc/1/fd/1", null)]
    [InlineData("1", null)]
    public void A_path_that_names_a_descriptor_uses_that_descriptor(string path, int? number)
    {
        Assert.Equal(number, Descriptors.FindDescriptor(path, 7));
        if (path[0] != '/')
            return;
        File.CreateSymbolicLink(temp.Path("link"), path);
        File.CreateSymbolicLink(temp.Path("again"), "link");
        Assert.Equal(number, Descriptors.FindDescriptor(temp.Path("again"), 7));
    }

    public void Dispose() => temp.Dispose();

    static FileRole Role(string what, string path, string use) =>
        FileRole.Resolve(what, path, Enum.Parse<FileUse>(use));

    string OtherName(string file, string way)
    {
        switch (way)
        {
            case "hard":
                using (var ln = Process.Start("ln", [file, temp.Path("hard")]))
                    ln.WaitForExit();
                return temp.Path("hard");
            case "symbolic":
                File.CreateSymbolicLink(temp.Path("symbolic"), "file");
                return temp.Path("symbolic");
            case "directory":
                Directory.CreateSymbolicLink(temp.Path("here"), temp.Path(""));
                return temp.Path("here/./file");
            default:
                return file;
        }
    }
}
