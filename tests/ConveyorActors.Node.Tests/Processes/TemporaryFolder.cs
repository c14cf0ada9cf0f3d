using System.Diagnostics;

namespace ConveyorActors.Node.Tests.Processes;

/// <summary>A folder that is removed at the end.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("conveyor-node-").FullName;

    public string Write(string name, string text)
    {
        var path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Runs a shell script in the folder.</summary>
    public async Task RunAsync(string script)
    {
        using var shell = Process.Start(
            new ProcessStartInfo("/bin/sh") { WorkingDirectory = Path, ArgumentList = { "-c", script } }
        )!;
        await shell.WaitForExitAsync();
        Assert.Equal(0, shell.ExitCode);
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A process that was killed may still be closing its files.
        }
    }
}
