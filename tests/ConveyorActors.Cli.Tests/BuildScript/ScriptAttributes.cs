using System.Reflection;
using Xunit.Sdk;

namespace ConveyorActors.Cli.Tests.BuildScript;

/// <summary>Runs a theory with build.sh.</summary>
sealed class BuildShAttribute : ScriptAttribute
{
    public BuildShAttribute()
        : base("build.sh", OperatingSystem.IsWindows() ? "build.sh is not for Windows." : null) { }
}

/// <summary>Runs a theory with build.ps1, where PowerShell is or can be restored.</summary>
sealed class BuildPs1Attribute : ScriptAttribute
{
    public BuildPs1Attribute()
        : base(
            "build.ps1",
            OperatingSystem.IsWindows() ? "The stand-ins for dotnet are shell scripts." : PowerShellTool.Unavailable
        ) { }
}

/// <summary>Gives a theory the name of a script.</summary>
abstract class ScriptAttribute : DataAttribute
{
    readonly string script;

    protected ScriptAttribute(string script, string? skip)
    {
        this.script = script;
        Skip = skip;
    }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) =>
        [
            [script],
        ];
}
