using System.Diagnostics;
using System.Globalization;

namespace ConveyorActors.Cli.Bench.Runs;

/// <summary>The time that a shell script took.</summary>
/// <param name="Elapsed">The time from the script's start to its end.</param>
/// <param name="Processor">The processor time of the script and of everything it started.</param>
readonly record struct ScriptCost(TimeSpan Elapsed, TimeSpan Processor);

/// <summary>Runs a shell script as a process of its own and measures it.</summary>
static class TimedScript
{
    /// <summary>Runs a script in a directory.</summary>
    /// <exception cref="InvalidOperationException">
    /// The script ended with an error; the message contains its error output.
    /// </exception>
    public static async Task<ScriptCost> RunAsync(string directory, string script, CancellationToken cancellationToken)
    {
        // `times` shows the processor time of the shell in its first line and that of its children in the second.
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"set -e\n{script}\ntimes > times"])
        {
            WorkingDirectory = directory,
            RedirectStandardError = true,
        };
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        try
        {
            var said = await process.StandardError.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            var elapsed = watch.Elapsed;
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"'{script}' ended with {process.ExitCode}: {said.Trim()}");
            var lines = await File.ReadAllLinesAsync(Path.Combine(directory, "times"), cancellationToken)
                .ConfigureAwait(false);
            return new(elapsed, ParseProcessorTime(lines[1]));
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Returns the sum of the times in a line such as <c>0m1.250s 0m0.310s</c>.</summary>
    internal static TimeSpan ParseProcessorTime(string line) =>
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Aggregate(
                TimeSpan.Zero,
                (sum, time) =>
                {
                    var parts = time.TrimEnd('s').Split('m');
                    return sum
                        + TimeSpan.FromMinutes(int.Parse(parts[0], CultureInfo.InvariantCulture))
                        + TimeSpan.FromSeconds(double.Parse(parts[1], CultureInfo.InvariantCulture));
                }
            );
}
