using System.Runtime.Versioning;
using System.Security.Cryptography;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Storage.Tests.Disks;

/// <summary>Directories and files that may not be written.</summary>
[SupportedOSPlatform("linux")]
public sealed class ReadOnlyTests : IDisposable
{
    const UnixFileMode ReadAll = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
        EnterAll = ReadAll | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    readonly TempDirectory temp = new();

    string Data => temp["data"];

    public void Dispose()
    {
        foreach (var path in new[] { temp.Path, Data }.Where(Directory.Exists))
            File.SetUnixFileMode(path, EnterAll | UnixFileMode.UserWrite);
        temp.Dispose();
    }

    [NobodyFact]
    public async Task A_read_only_directory_is_refused_with_the_reason_and_unchanged()
    {
        await MakeAsync(Data);
        File.SetUnixFileMode(temp.Path, EnterAll);
        File.SetUnixFileMode(Data, EnterAll);
        foreach (var file in Directory.EnumerateFiles(Data))
            File.SetUnixFileMode(file, ReadAll);

        await IsRefusedAsync(Data, $"data directory '{Data}' cannot be written: permission denied");
    }

    [NobodyFact]
    public async Task A_directory_without_permission_to_create_it_is_refused_with_the_reason()
    {
        File.SetUnixFileMode(temp.Path, EnterAll);

        await IsRefusedAsync(Data, $"data directory '{Data}' cannot be created: permission denied");
    }

    [NobodyFact]
    public async Task A_read_only_data_file_is_refused_with_the_reason_and_unchanged()
    {
        await MakeAsync(Data);
        File.SetUnixFileMode(temp.Path, EnterAll);
        Nobody.Own(Data);
        File.SetUnixFileMode(Path.Combine(Data, "conveyor.db"), ReadAll);

        await IsRefusedAsync(Data, $"data directory '{Data}' cannot be opened: the data file may only be read");
    }

    [NobodyFact]
    public async Task An_unreadable_data_file_is_refused_with_the_reason_and_unchanged()
    {
        await MakeAsync(Data);
        File.SetUnixFileMode(temp.Path, EnterAll);
        Nobody.Own(Data);
        var before = Picture(Data);
        File.SetUnixFileMode(Path.Combine(Data, "conveyor.db"), UnixFileMode.None);

        var (exit, said, error) = await Nobody.RunAsync("dotnet", "exec", Nobody.Crasher, Data, "1", "1");

        Assert.Equal(
            (3, $"refused data directory '{Data}' cannot be opened: the file cannot be opened\n", ""),
            (exit, said, error)
        );
        File.SetUnixFileMode(Path.Combine(Data, "conveyor.db"), ReadAll);
        Assert.Equal(before, Picture(Data));
    }

    [SmallDiskFact]
    public async Task A_read_only_file_system_is_refused_with_the_reason()
    {
        using var disk = new SmallDisk();
        await MakeAsync(disk["data"]);
        var before = Picture(disk["data"]);
        disk.Remount("ro");

        foreach (var (name, what) in new[] { ("data", "written"), ("new", "created") })
        {
            var refused = Assert.Throws<StorageException>(() => DataDirectory.Open(disk[name]));
            Assert.Equal(StorageFailure.CannotOpen, refused.Failure);
            Assert.Equal($"data directory '{disk[name]}' cannot be {what}: Read-only file system", refused.Message);
        }
        Assert.Equal(before, Picture(disk["data"]));
        disk.Remount("rw");
        await using var directory = DataDirectory.Open(disk["data"]);
        Assert.Empty(directory.Findings);
        Assert.Equal("a", Assert.Single(directory.Peek("p", "one", 9)).Record.Id);
    }

    static async Task IsRefusedAsync(string path, string reason)
    {
        var before = Picture(path);
        var (exit, said, error) = await Nobody.RunAsync("dotnet", "exec", Nobody.Crasher, path, "1", "1");
        Assert.Equal($"refused {reason}\n", said);
        Assert.Equal((3, ""), (exit, error));
        Assert.Equal(before, Picture(path));
    }

    static async Task MakeAsync(string path)
    {
        await using var service = new EmbeddedBufferService(null, DataDirectory.Open(path));
        Assert.True(
            (await service.BufferForStageAsync("p", "one", "s", new("a", new byte[9]), AckLevel.Persisted)).IsAccepted
        );
    }

    /// <summary>Every file but the one that says who has the directory, with what is in it.</summary>
    static string[] Picture(string path) =>
        !Directory.Exists(path)
            ? []
            :
            [
                .. Directory
                    .EnumerateFiles(path)
                    .Where(f => Path.GetFileName(f) != "process")
                    .Order()
                    .Select(f => $"{Path.GetFileName(f)} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))}"),
            ];
}
