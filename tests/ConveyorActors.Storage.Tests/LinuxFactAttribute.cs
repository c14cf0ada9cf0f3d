namespace ConveyorActors.Storage.Tests;

/// <summary>A test that needs what Linux has. Elsewhere it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = OperatingSystem.IsLinux() ? null : "needs Linux";
}

/// <inheritdoc cref="LinuxFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute() => Skip = OperatingSystem.IsLinux() ? null : "needs Linux";
}
