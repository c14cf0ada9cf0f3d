using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using ConveyorActors.Tests;

namespace ConveyorActors.Cli.Tests.BuildScript;

/// <summary>PowerShell, as the repository's tool manifest names it, for machines that have no PowerShell of their own.</summary>
static class PowerShellTool
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    static readonly string Dotnet = Path.GetFullPath(
        Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet")
    );
    static readonly string Version = ReadVersion();
    static readonly string Program = Path.Combine(
        Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages"),
        "powershell",
        Version,
        "tools/net10.0/any/unix/pwsh.dll"
    );

    /// <summary>Gets the repository that the tests were built in.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>
    /// Gets the command that runs a script: the tool's own program, because `dotnet tool run` would set the current
    /// directory, and looks for dotnet on a path where tests put a stand-in for it.
    /// </summary>
    public static IReadOnlyList<string> Command { get; } =
    [Dotnet, Program, "-NoLogo", "-NoProfile", "-NonInteractive", "-File"];

    /// <summary>Gets why no script can be run, or null: the tool is restored where it is missing.</summary>
    public static string? Unavailable { get; } = Restore();

    static string? Restore()
    {
        if (File.Exists(Program))
            return null;
        var start = new ProcessStartInfo(Dotnet, ["tool", "restore"]) { WorkingDirectory = RepositoryRoot };
        var (exitCode, output) = ProcessOutput.ReadAsync(start, Patience).GetAwaiter().GetResult();
        return File.Exists(Program)
            ? null
            : $"PowerShell {Version} is not at {Program}; `dotnet tool restore` ended with {exitCode}: {output.Trim()}";
    }

    static string ReadVersion()
    {
        using var manifest = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(FindRoot(), ".config", "dotnet-tools.json"))
        );
        return manifest.RootElement.GetProperty("tools").GetProperty("powershell").GetProperty("version").GetString()!;
    }

    static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "build.sh")))
            folder =
                folder.Parent ?? throw new InvalidOperationException($"No build.sh above {AppContext.BaseDirectory}.");
        return folder.FullName;
    }
}
