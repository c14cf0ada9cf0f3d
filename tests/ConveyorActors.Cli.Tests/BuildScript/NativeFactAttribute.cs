namespace ConveyorActors.Cli.Tests.BuildScript;

/// <summary>
/// A test of the program that the build script has published where it can be a native one. Elsewhere it is skipped and
/// says so.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class NativeFactAttribute : FactAttribute
{
    public NativeFactAttribute() => Skip = FindHindrance();

    static string? FindHindrance()
    {
        if (Environment.GetEnvironmentVariable("CONVEYOR_PROGRAM") is not { Length: > 0 } program)
            return "needs the published program: ./build.sh test";
        if (!IsOnPath("gcc") && !IsOnPath("clang"))
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

    static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Any(p => File.Exists(Path.Combine(p, program)));
}
