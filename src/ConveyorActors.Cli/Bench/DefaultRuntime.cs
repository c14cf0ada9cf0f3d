using System.Diagnostics;
using System.Reflection;

namespace ConveyorActors.Cli.Bench;

/// <summary>
/// Starts this program again with the runtime's default optimization (profile-guided), which programs that use the
/// library have. This program itself runs without, because most of its runs are short.
/// </summary>
static class DefaultRuntime
{
    const string Variable = "DOTNET_TieredPGO";

    /// <summary>
    /// Runs the command line of this process in a process with the default optimization. Returns its exit code; null if
    /// this process must do the work itself, because the optimization is set by the environment or this process is not
    /// the program.
    /// </summary>
    public static async Task<int?> RunAsync(CancellationToken cancellationToken)
    {
        var entry = Assembly.GetEntryAssembly();
        if (
            Environment.GetEnvironmentVariable(Variable) is not null
            || entry != typeof(DefaultRuntime).Assembly
            || Environment.ProcessPath is not { } path
        )
            return null;
        var start = new ProcessStartInfo(path) { UseShellExecute = false };
        var arguments = Environment.GetCommandLineArgs();
        // Started by `dotnet conveyor.dll`, the process is dotnet, and the first argument is the program.
        if (Path.GetFileNameWithoutExtension(path) == "dotnet")
            start.ArgumentList.Add(arguments[0]);
        foreach (var argument in arguments[1..])
            start.ArgumentList.Add(argument);
        start.Environment[Variable] = "1";
        using var process = Process.Start(start)!;
        try
        {
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        return process.ExitCode;
    }
}
