using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>Ends a command with all it started, also what no longer has a living parent.</summary>
static class ProcessTree
{
    /// <summary>In the environment of each command and so of all its children; names the command's run.</summary>
    public const string Mark = "CONVEYOR_BATCH";

    public static void Kill(Process process, string mark)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException or NotSupportedException)
        {
            // It has ended, or a part of it is not ours to end.
        }
        if (OperatingSystem.IsLinux()) KillMarked(Encoding.ASCII.GetBytes($"{Mark}={mark}\0"));
    }

    /// <summary>A child whose parent has ended belongs to init, and the tree no longer leads to it; its environment still does.</summary>
    static void KillMarked(byte[] mark)
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
            try
            {
                if (File.ReadAllBytes($"{directory}/environ").AsSpan().IndexOf(mark) < 0) continue;
                using var orphan = Process.GetProcessById(id);
                orphan.Kill();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException or Win32Exception)
            {
                // Not ours, or gone.
            }
        }
    }
}
