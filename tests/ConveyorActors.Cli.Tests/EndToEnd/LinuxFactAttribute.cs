namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>A test that needs a shell, signals and /proc. Elsewhere it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux())
            Skip = "needs Linux: a POSIX shell, signals, /proc and /dev/full";
    }
}
