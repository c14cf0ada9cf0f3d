using ConveyorActors.Cli.Bench.Runs;

namespace ConveyorActors.Cli.Tests.BuildScript;

/// <summary>
/// A test that needs a native program, which <c>build.sh</c> publishes where there are a linker and the packages for it.
/// Elsewhere the test is skipped and says so.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class NativeFactAttribute : FactAttribute
{
    public NativeFactAttribute() => Skip = FindHindrance();

    static string? FindHindrance()
    {
        if (Environment.GetEnvironmentVariable("CONVEYOR_PROGRAM") is not { Length: > 0 } program)
            return "needs the published program: ./build.sh test";
        if (!RunBenchmarking.IsOnPath("gcc") && !RunBenchmarking.IsOnPath("clang"))
            return "needs a linker: gcc or clang";
        var leftOut = Path.Combine(Path.GetDirectoryName(program)!, "..", "left-out.txt");
        return
            File.Exists(leftOut)
            && File.ReadLines(leftOut)
                .FirstOrDefault(l =>
                    l.Contains("native program", StringComparison.Ordinal)
                    && l.Contains(": NU1", StringComparison.Ordinal)
                )
                is { } reason
            ? reason
            : null;
    }
}
