using System.Diagnostics;

namespace ConveyorActors.Persistence.Tests.Crashes;

/// <summary>
/// A process that works on pipelines until it is killed. It starts at once, and works when it is told to, so that the
/// next one can start meanwhile.
/// </summary>
sealed class CrashingProcess : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly Process child;
    readonly Task<string> errors;

    public CrashingProcess(string hocon)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "ConveyorActors.Persistence.Crasher.dll"));
        start.ArgumentList.Add(hocon);
        child = Process.Start(start)!;
        errors = child.StandardError.ReadToEndAsync();
    }

    /// <summary>
    /// Lets the process work until it has written the given number of lines, announcements not counted, and kills it.
    /// </summary>
    /// <param name="order">The seed and the first numbers; see the program.</param>
    /// <param name="lines">How many lines; from 1.</param>
    /// <param name="hear">Takes the number of a pipeline and a line.</param>
    public async Task WorkAndDieAsync(string order, int lines, Action<int, string> hear)
    {
        Assert.Equal("ready", await child.StandardOutput.ReadLineAsync().WaitAsync(Patience));
        await child.StandardInput.WriteLineAsync(order);
        await child.StandardInput.FlushAsync();
        // What it said before it died counts, also what is read after that.
        var heard = 0;
        while (await child.StandardOutput.ReadLineAsync().WaitAsync(Patience) is { } line)
        {
            var words = line.Split(' ', 2);
            if (!words[1].StartsWith("offer ", StringComparison.Ordinal) && ++heard == lines)
                child.Kill();
            hear(int.Parse(words[0]), words[1]);
        }
        await child.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal("", await errors);
        Assert.Equal(137, child.ExitCode);
    }

    public void Dispose()
    {
        if (!child.HasExited)
            child.Kill();
        child.Dispose();
    }
}
