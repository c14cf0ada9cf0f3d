using ConveyorActors.Cli.Bench.Runs;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>A test that needs Linux and the load generator wrk. Elsewhere it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class WrkFactAttribute : FactAttribute
{
    public WrkFactAttribute()
    {
        if (!OperatingSystem.IsLinux() || !RunBenchmarking.IsOnPath("wrk"))
            Skip = "needs Linux and wrk";
    }
}
