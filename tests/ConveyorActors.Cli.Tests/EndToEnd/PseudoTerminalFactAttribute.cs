namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>A test that needs a pseudo terminal, which script(1) makes. Elsewhere it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class PseudoTerminalFactAttribute : FactAttribute
{
    public PseudoTerminalFactAttribute()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/usr/bin/script"))
            Skip = "needs script(1) of util-linux";
    }
}
