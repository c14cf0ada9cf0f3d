namespace ConveyorActors.Tests;

/// <summary>A test that needs what Windows does not have. There it is skipped, and says what is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class UnixFactAttribute : FactAttribute
{
    /// <param name="needs">What the test needs.</param>
    public UnixFactAttribute(string needs = Platforms.Shell) => Skip = Platforms.WhyNotUnix(needs);
}

/// <inheritdoc cref="UnixFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
sealed class UnixTheoryAttribute : TheoryAttribute
{
    /// <param name="needs">What the test needs.</param>
    public UnixTheoryAttribute(string needs = Platforms.Shell) => Skip = Platforms.WhyNotUnix(needs);
}

/// <summary>A test that needs what only Linux has. Elsewhere it is skipped, and says what is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class LinuxFactAttribute : FactAttribute
{
    /// <param name="needs">What the test needs.</param>
    public LinuxFactAttribute(string needs = Platforms.Kernel) => Skip = Platforms.WhyNotLinux(needs);
}

/// <inheritdoc cref="LinuxFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
sealed class LinuxTheoryAttribute : TheoryAttribute
{
    /// <param name="needs">What the test needs.</param>
    public LinuxTheoryAttribute(string needs = Platforms.Kernel) => Skip = Platforms.WhyNotLinux(needs);
}

/// <summary>The reasons for which tests are skipped on a system.</summary>
static class Platforms
{
    public const string Shell = "a POSIX shell and its programs",
        Signals = "signals",
        Links = "symbolic links, for which Windows asks for a right",
        Devices = "devices such as /dev/null",
        Kernel = "/proc, devices such as /dev/full, numbers of files";

    public static string? WhyNotUnix(string needs) => OperatingSystem.IsWindows() ? $"needs Unix: {needs}" : null;

    public static string? WhyNotLinux(string needs) => OperatingSystem.IsLinux() ? null : $"needs Linux: {needs}";
}
