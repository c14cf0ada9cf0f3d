namespace ConveyorActors.Http.Tests.Senders;

/// <summary>A test that needs curl. Elsewhere it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class CurlFactAttribute : FactAttribute
{
    public CurlFactAttribute()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!folders.Any(f => File.Exists(Path.Combine(f, "curl")) || File.Exists(Path.Combine(f, "curl.exe"))))
            Skip = "needs curl";
    }
}
