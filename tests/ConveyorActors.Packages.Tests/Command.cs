using System.Diagnostics;
using ConveyorActors.Tests;

namespace ConveyorActors.Packages.Tests;

/// <summary>Runs a program and waits for its end.</summary>
static class Command
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>Runs a program to its end, and returns its exit code with everything that it printed.</summary>
    /// <param name="program">The program.</param>
    /// <param name="folder">The directory to run in.</param>
    /// <param name="packages">The folder that NuGet installs packages in.</param>
    /// <param name="arguments">The arguments.</param>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        string program,
        string folder,
        string packages,
        params string[] arguments
    )
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder };
        foreach (
            var name in start
                .Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase))
                .ToList()
        )
            start.Environment.Remove(name); // what the outer build tells its children is not meant for this one
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(
            Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", "..")
        );
        start.Environment["NUGET_PACKAGES"] = packages;
        return await ProcessOutput.ReadAsync(start, Patience);
    }
}
