namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>A theory that needs a Linux shell.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute() => Skip = OperatingSystem.IsLinux() ? null : "needs Linux";
}
