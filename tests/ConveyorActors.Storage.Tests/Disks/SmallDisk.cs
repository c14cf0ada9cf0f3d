using System.Diagnostics;

namespace ConveyorActors.Storage.Tests.Disks;

/// <summary>A file system of its own, with little room, that is gone after the test.</summary>
sealed class SmallDisk : IDisposable
{
    readonly TempDirectory place = new();

    public SmallDisk(string size = "2m")
    {
        var (exit, said) = Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", place.Path);
        if (exit != 0)
            place.Dispose();
        Assert.True(exit == 0, said);
    }

    /// <summary>Why there can be none here; null: there can.</summary>
    public static string? WhyNot { get; } = Try();

    public string this[string name] => place[name];

    /// <summary>Takes all room that is left.</summary>
    public void Fill()
    {
        using var file = new FileStream(
            place["ballast"],
            FileMode.Append,
            FileAccess.Write,
            FileShare.None,
            bufferSize: 0
        );
        try
        {
            for (var page = new byte[4096]; ; )
                file.Write(page);
        }
        catch (IOException)
        {
            // That was the last page.
        }
    }

    /// <summary>Takes all room but so much.</summary>
    public void Leave(int bytes)
    {
        Fill();
        using var file = File.OpenWrite(place["ballast"]);
        file.SetLength(file.Length - bytes);
    }

    public void MakeRoom() => File.Delete(place["ballast"]);

    /// <summary>As "ro" or "rw", for this mount alone: that is permitted to more users.</summary>
    public void Remount(string option)
    {
        var (exit, said) = Run("mount", "-o", $"remount,bind,{option}", place.Path);
        Assert.True(exit == 0, said);
    }

    public void Dispose()
    {
        // Lazily: a file that a failed test left open must not keep it.
        Run("umount", "-l", place.Path);
        place.Dispose();
    }

    static string? Try()
    {
        if (!OperatingSystem.IsLinux())
            return "needs Linux";
        var directory = Directory.CreateTempSubdirectory("conveyor-mount-").FullName;
        try
        {
            var (exit, said) = Run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory);
            if (exit == 0)
                Run("umount", directory);
            return exit == 0
                ? null
                : $"needs a small file system, and cannot mount one ({said.Trim()}): run it as root, or under 'unshare -rm'";
        }
        finally
        {
            Directory.Delete(directory);
        }
    }

    static (int Exit, string Said) Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardError = true }
            )!;
            var said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, said);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (-1, e.Message);
        }
    }
}

/// <summary>
/// A test that mounts a <see cref="SmallDisk"/>. Where that is not permitted it is skipped and says so.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute() => Skip = SmallDisk.WhyNot;
}

/// <inheritdoc cref="SmallDiskFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
sealed class SmallDiskTheoryAttribute : TheoryAttribute
{
    public SmallDiskTheoryAttribute() => Skip = SmallDisk.WhyNot;
}
