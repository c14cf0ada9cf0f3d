using System.Text;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>A folder of its own for each test, and the built program in it.</summary>
public abstract class EndToEndTests : IDisposable
{
    protected string Folder { get; } = Directory.CreateTempSubdirectory("conveyor").FullName;

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected Task<Conveyor.Result> RunAsync(params string[] arguments) =>
        Conveyor.RunAsync(Folder, ["run", "--progress", "none", .. arguments]);

    /// <summary>Runs the lines of "in" one after another through a stage to "out", with lines of progress.</summary>
    private protected Task<Conveyor.Result> RunLineByLineAsync(string stage, params string[] arguments) =>
        Conveyor.RunAsync(
            Folder,
            [
                .. "run --progress plain --source in --sink out --batch 1 --workers 1 --stage".Split(' '),
                stage,
                .. arguments,
            ]
        );

    protected string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    protected string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(Path.Combine(Folder, name), bytes);
        return name;
    }

    protected string Numbers(string name, int count) =>
        Write(name, string.Concat(Enumerable.Range(1, count).Select(i => $"{i}\n")));

    protected string Read(string name) => File.ReadAllText(Path.Combine(Folder, name));

    private protected static void Sane(Conveyor.Result result)
    {
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("DOES NOT ADD UP", result.Error, StringComparison.Ordinal);
    }
}
