using System.Diagnostics;

namespace ConveyorActors.Tests;

/// <summary>Runs programs to their end.</summary>
static class ProcessOutput
{
    /// <summary>
    /// Runs a program with no input, and returns its exit code and everything that it printed, standard error last.
    /// </summary>
    /// <param name="start">The program.</param>
    /// <param name="patience">How long it may take.</param>
    /// <exception cref="TimeoutException">It took longer, and was killed.</exception>
    public static async Task<(int ExitCode, string Output)> ReadAsync(ProcessStartInfo start, TimeSpan patience)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException(
                $"{start.FileName} {string.Join(' ', start.ArgumentList)} did not end within {patience}."
            );
        }
        return (process.ExitCode, (await output + await errors).Replace("\r\n", "\n", StringComparison.Ordinal));
    }
}
