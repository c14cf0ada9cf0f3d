using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using ConveyorActors.Pipelines.Commands.Unix;

namespace ConveyorActors.Cli.Bench;

/// <summary>
/// Starts this program again with the runtime's default optimization (profile-guided), which programs that use the
/// library have. This program itself runs without, because most of its runs are short.
/// </summary>
static class DefaultRuntime
{
    const string Variable = "DOTNET_TieredPGO";

    /// <summary>The time that an interrupted process may take to delete its files.</summary>
    static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Runs the command line of this process in a process with the default optimization. Returns its exit code; null if
    /// this process must do the work itself, because the optimization is set by the environment, or this process is a
    /// native program or not the program at all.
    /// </summary>
    public static async Task<int?> RunAsync(CancellationToken cancellationToken)
    {
        var entry = Assembly.GetEntryAssembly();
        if (
            Environment.GetEnvironmentVariable(Variable) is not null
            || !RuntimeFeature.IsDynamicCodeCompiled
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
            await StopAsync(process).ConfigureAwait(false);
            throw;
        }
        return process.ExitCode;
    }

    /// <summary>Ends the process, which deletes its files first.</summary>
    static async Task StopAsync(Process process)
    {
        const int terminate = 15;
        using var over = new CancellationTokenSource(StopGrace);
        try
        {
            // A signal from a terminal has reached the process already; a second one changes nothing.
            if (OperatingSystem.IsWindows() || LibC.Kill(process.Id, terminate) != 0)
                process.Kill();
            await process.WaitForExitAsync(over.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }
}
