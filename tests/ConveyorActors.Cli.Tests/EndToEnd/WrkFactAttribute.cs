namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>A test that needs Linux and the load generator wrk. Elsewhere it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class WrkFactAttribute : FactAttribute
{
    public WrkFactAttribute()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!OperatingSystem.IsLinux() || !folders.Any(f => File.Exists(Path.Combine(f, "wrk"))))
            Skip = "needs Linux and wrk";
    }
}
