using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>Ends a command with all it started, also what no longer has a living parent.</summary>
static class ProcessTree
{
    /// <summary>In the environment of each command and so of all its children; names the command.</summary>
    public const string Mark = "CONVEYOR_BATCH";

    static long marks;

    /// <summary>Gets what the marks of all commands of this process begin with.</summary>
    public static string Run { get; } = Guid.NewGuid().ToString("N");

    public static string NewMark() =>
        string.Create(CultureInfo.InvariantCulture, $"{Run}-{Interlocked.Increment(ref marks)}");

    public static void Kill(Process process, string mark)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e)
            when (e is InvalidOperationException or Win32Exception or AggregateException or NotSupportedException)
        {
            // It has ended, or a part of it is not ours to end.
        }
        KillMarked(mark);
    }

    /// <summary>
    /// A child whose parent has ended belongs to init, and the tree no longer leads to it; its environment still does.
    /// True when there was one.
    /// </summary>
    public static bool KillMarked(string mark)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        var sought = Encoding.ASCII.GetBytes($"{Mark}={mark}\0");
        var found = false;
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                continue;
            try
            {
                if (File.ReadAllBytes($"{directory}/environ").AsSpan().IndexOf(sought) < 0)
                    continue;
                using var orphan = Process.GetProcessById(id);
                orphan.Kill();
                found = true;
            }
            catch (Exception e)
                when (e
                        is IOException
                            or UnauthorizedAccessException
                            or ArgumentException
                            or InvalidOperationException
                            or Win32Exception
                )
            {
                // Not ours, or gone.
            }
        }
        return found;
    }
}
