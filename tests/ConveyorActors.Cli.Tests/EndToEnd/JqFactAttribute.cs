namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>A test that needs Linux and jq, which reads JSON. Elsewhere it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class JqFactAttribute : FactAttribute
{
    public JqFactAttribute()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!OperatingSystem.IsLinux() || !folders.Any(f => File.Exists(Path.Combine(f, "jq"))))
            Skip = "needs Linux and jq";
    }
}
