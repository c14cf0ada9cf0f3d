using ConveyorActors.Cli.Bench.Runs;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>A test that needs Linux and jq, which reads JSON. Elsewhere it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class JqFactAttribute : FactAttribute
{
    public JqFactAttribute()
    {
        if (!OperatingSystem.IsLinux() || !RunBenchmarking.IsOnPath("jq"))
            Skip = "needs Linux and jq";
    }
}
