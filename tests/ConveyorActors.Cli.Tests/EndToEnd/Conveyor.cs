using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>The built program, started for real.</summary>
sealed class Conveyor : IDisposable
{
    /// <summary>Far above what any of these runs takes; a run that hangs fails its test.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(300);

    readonly Process process;
    readonly Capture output,
        error;
    long peak;

    Conveyor(ProcessStartInfo start, bool withInput)
    {
        if (DotNetRoot is not null)
            start.Environment["DOTNET_ROOT"] = DotNetRoot;
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        process = Process.Start(start)!;
        (output, error) = (new(process.StandardOutput.BaseStream), new(process.StandardError.BaseStream));
        if (!withInput)
            process.StandardInput.Close();
    }

    /// <summary>How it ended.</summary>
    public sealed record Result(int Exit, byte[] Output, string Error, long PeakBytes)
    {
        public string Text => Encoding.UTF8.GetString(Output);

        public string[] Lines => Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>
    /// The program as it is published, where the build script says where that is; otherwise as it was built.
    /// </summary>
    public static string Program { get; } =
        Environment.GetEnvironmentVariable("CONVEYOR_PROGRAM") is { Length: > 0 } program
            ? program
            : Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "conveyor.exe" : "conveyor");

    /// <summary>The folder of the runtime of this process, for a program that is not native; null: its own place.</summary>
    public static string? DotNetRoot { get; } =
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet"
            ? Path.GetDirectoryName(path)
            : Environment.GetEnvironmentVariable("DOTNET_ROOT");

    /// <summary>Bytes for its standard input; closing it is the end of the input.</summary>
    public Stream Input => process.StandardInput.BaseStream;

    /// <summary>Its process id.</summary>
    public int Id => process.Id;

    public static Conveyor Start(string folder, bool withInput, params IEnumerable<string> arguments) =>
        Start(folder, withInput, [], arguments);

    /// <summary>Starts it with environment variables of its own.</summary>
    public static Conveyor Start(
        string folder,
        bool withInput,
        IEnumerable<(string Name, string Value)> environment,
        IEnumerable<string> arguments
    )
    {
        var start = new ProcessStartInfo(Program) { WorkingDirectory = folder };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return new(start, withInput);
    }

    /// <summary>Starts the program as it was built, on the runtime of this process, whatever was published.</summary>
    public static Conveyor StartBuilt(string folder, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(DotNetRoot is null ? "dotnet" : Path.Combine(DotNetRoot, "dotnet"))
        {
            WorkingDirectory = folder,
        };
        foreach (
            var argument in (IEnumerable<string>)
                ["exec", Path.Combine(AppContext.BaseDirectory, "conveyor.dll"), .. arguments]
        )
            start.ArgumentList.Add(argument);
        return new(start, withInput: false);
    }

    /// <summary>Starts it in a terminal of 80 columns; what is written to its input is typed.</summary>
    public static Conveyor InTerminal(
        string folder,
        IEnumerable<(string Name, string Value)> environment,
        params string[] arguments
    )
    {
        var start = new ProcessStartInfo("script") { WorkingDirectory = folder };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        start.Environment["TERM"] = "xterm-256color";
        var words = (string[])[Program, .. arguments];
        start.ArgumentList.Add("-qefc");
        start.ArgumentList.Add(
            "stty cols 80 rows 40; exec "
                + string.Join(' ', words.Select(w => $"'{w.Replace("'", "'\\''", StringComparison.Ordinal)}'"))
        );
        start.ArgumentList.Add("/dev/null");
        return new(start, withInput: true);
    }

    public static async Task<Result> RunAsync(string folder, params string[] arguments)
    {
        using var conveyor = Start(folder, withInput: false, arguments);
        return await conveyor.EndAsync();
    }

    /// <summary>
    /// Runs a shell script in which conveyor is a function that calls the program, and "$PROGRAM" is its path: a signal
    /// to the last process in the background reaches the program only if the script started it by its path.
    /// </summary>
    public static async Task<Result> ScriptAsync(string folder, string script)
    {
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = folder };
        start.Environment["PROGRAM"] = Program;
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("conveyor() { \"$PROGRAM\" \"$@\"; }\n" + script);
        using var shell = new Conveyor(start, withInput: false);
        return await shell.EndAsync();
    }

    /// <summary>Waits for the end and samples the peak of its memory on the way.</summary>
    public async Task<Result> EndAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var ended = process.WaitForExitAsync(patience.Token);
        while (!ended.IsCompleted)
        {
            SamplePeak();
            await Task.WhenAny(ended, Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None));
        }

        if (ended.IsCanceled)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"it hangs; it said: {error.SoFar}");
        }

        return new(process.ExitCode, await output.All, Encoding.UTF8.GetString(await error.All), peak);
    }

    /// <summary>Waits until it has written this on standard output or standard error.</summary>
    public async Task SaysAsync(Regex what)
    {
        for (
            var began = TimeProvider.System.GetTimestamp();
            !what.IsMatch(output.SoFar) && !what.IsMatch(error.SoFar);

        )
        {
            Assert.False(process.HasExited, $"it ended; it said: {error.SoFar}");
            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < Patience,
                $"it never said '{what}'; it said: {error.SoFar}"
            );
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    /// <summary>Waits until it has written this, and returns a group of what it wrote.</summary>
    public async Task<string> SaysAsync(Regex what, int group)
    {
        await SaysAsync(what);
        return what.Match(output.SoFar) is { Success: true } said
            ? said.Groups[group].Value
            : what.Match(error.SoFar).Groups[group].Value;
    }

    /// <summary>Sends a signal as a terminal or a service manager would.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{name} {process.Id}"]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        process.Dispose();
    }

    void SamplePeak()
    {
        try
        {
            var line = File.ReadLines($"/proc/{process.Id}/status")
                .FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            if (line is not null)
                peak = Math.Max(
                    peak,
                    long.Parse(line["VmHWM:".Length..].Replace("kB", "").Trim(), CultureInfo.InvariantCulture) * 1024
                );
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // It has just ended.
        }
    }
}
