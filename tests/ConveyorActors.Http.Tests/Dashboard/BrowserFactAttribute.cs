namespace ConveyorActors.Http.Tests.Dashboard;

/// <summary>A test that needs Chromium. Elsewhere it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (Chromium.Path is null)
            Skip = "needs Chromium on PATH";
    }
}
