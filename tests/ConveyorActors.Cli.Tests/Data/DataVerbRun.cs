namespace ConveyorActors.Cli.Tests.Data;

/// <summary>
/// A folder of its own for each test, and runs of the program in this process, with paths in that folder.
/// </summary>
public abstract class DataVerbRun : IDisposable
{
    protected string Folder { get; } = Directory.CreateTempSubdirectory("conveyor-data").FullName;

    protected string State => At("state");

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected string At(string name) => Path.Combine(Folder, name);

    protected string Write(string name, string text)
    {
        File.WriteAllText(At(name), text);
        return At(name);
    }

    protected string Read(string name) => File.ReadAllText(At(name));

    /// <summary>Runs sources into a sink of the folder, with a data directory.</summary>
    protected Task<(int Exit, string Out, string Error)> RunAsync(string source, string sink, params string[] more) =>
        TestTerminal.ConveyorAsync([
            "run",
            "--progress",
            "none",
            "--data",
            State,
            "--source",
            source,
            "--sink",
            sink,
            .. more,
        ]);

    /// <summary>Runs, and insists that all went well.</summary>
    protected async Task RunWellAsync(string source, string sink, params string[] more)
    {
        var (exit, _, error) = await RunAsync(source, sink, more);
        Assert.True(exit == 0, error);
    }

    protected async Task AssertRefusedAsync(string source, string sink, string why, params string[] more)
    {
        var (exit, _, error) = await RunAsync(source, sink, more);
        Assert.Equal(2, exit);
        Assert.Contains(why, error, StringComparison.Ordinal);
    }
}
