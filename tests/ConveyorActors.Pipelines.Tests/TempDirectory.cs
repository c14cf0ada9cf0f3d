using System.Text;

namespace ConveyorActors.Pipelines.Tests;

/// <summary>A directory of a test's own, gone with it.</summary>
public sealed class TempDirectory : IDisposable
{
    readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("conveyor-");

    public string Path(string name) => System.IO.Path.Combine(directory.FullName, name);

    public string File(string name, string text) => File(name, Encoding.UTF8.GetBytes(text));

    public string File(string name, byte[] bytes)
    {
        System.IO.File.WriteAllBytes(Path(name), bytes);
        return Path(name);
    }

    public string Lines(string name, IEnumerable<string> lines) =>
        File(name, string.Concat(lines.Select(line => line + "\n")));

    public void Dispose() => directory.Delete(recursive: true);
}
