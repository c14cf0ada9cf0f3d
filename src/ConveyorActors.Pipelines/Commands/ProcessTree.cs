using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace ConveyorActors.Pipelines.Commands;

/// <summary>Kills a command with all processes it started, including those whose parent has ended.</summary>
static class ProcessTree
{
    /// <summary>The environment variable that identifies a command and all its children.</summary>
    public const string Mark = "CONVEYOR_BATCH";

    static long marks;

    /// <summary>Gets the common prefix of the marks of all commands of this process.</summary>
    public static string Run { get; } = Guid.NewGuid().ToString("N");

    public static string CreateMark() =>
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
            // The process has ended, or this user may not end a part of it.
        }
        KillMarked(mark);
    }

    /// <summary>
    /// Kills the processes that have a mark in their environment, which also finds children that init has adopted after
    /// their parent ended. Returns whether there was one.
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
                // The process belongs to another user, or is gone.
            }
        }
        return found;
    }
}
