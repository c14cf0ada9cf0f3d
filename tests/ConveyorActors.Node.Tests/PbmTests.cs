using ConveyorActors.Node.Tests.Processes;

namespace ConveyorActors.Node.Tests;

public sealed class PbmTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [UnixFact(Platforms.Links)]
    public async Task The_palette_for_pbm_is_loaded_when_its_assembly_is_next_to_the_program()
    {
        // The program's own files, and links to the others.
        var program = Path.Combine(folder.Path, "program");
        Directory.CreateDirectory(program);
        foreach (var entry in Directory.GetFileSystemEntries(AppContext.BaseDirectory))
        {
            var target = Path.Combine(program, Path.GetFileName(entry));
            if (Path.GetFileName(entry).StartsWith("conveyor-node.", StringComparison.Ordinal))
                File.Copy(entry, target);
            else if (Directory.Exists(entry))
                Directory.CreateSymbolicLink(target, entry);
            else
                File.CreateSymbolicLink(target, entry);
        }
        var dll = Path.Combine(program, "conveyor-node.dll");
        foreach (var isThere in new[] { false, true })
        {
            if (isThere)
                File.Copy(
                    Path.Combine(AppContext.BaseDirectory, "stand-in", "ConveyorActors.Pbm.dll"),
                    Path.Combine(program, "ConveyorActors.Pbm.dll")
                );
            await using var node = NodeProcess.Start(folder.Path, [], ["--port", "0"], dll);
            await node.IsUpAsync();
            Assert.Equal(isThere, node.Said.Contains(", pbm\n", StringComparison.Ordinal));
            Assert.Equal(isThere, node.Said.Contains("the stand-in for pbm is loaded", StringComparison.Ordinal));
        }
    }
}
