using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>The built program, started for real.</summary>
sealed class Conveyor : IDisposable
{
    /// <summary>Far above what any of these runs takes; a run that hangs fails its test.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    readonly Process process;
    readonly Task<byte[]> output;
    readonly Task<string> error;
    long peak;

    Conveyor(ProcessStartInfo start, bool withInput)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        process = Process.Start(start)!;
        output = ReadAsync(process.StandardOutput.BaseStream);
        error = process.StandardError.ReadToEndAsync();
        if (!withInput) process.StandardInput.Close();
    }

    /// <summary>How it ended.</summary>
    public sealed record Result(int Exit, byte[] Output, string Error, long PeakBytes)
    {
        public string Text => Encoding.UTF8.GetString(Output);

        public string[] Lines => Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public static string Dll { get; } = Path.Combine(AppContext.BaseDirectory, "conveyor.dll");

    public static string DotNet { get; } =
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path
        : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>Bytes for its standard input; closing it is the end of the input.</summary>
    public Stream Input => process.StandardInput.BaseStream;

    /// <summary>Its process id.</summary>
    public int Id => process.Id;

    public static Conveyor Start(string folder, bool withInput, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(DotNet) { WorkingDirectory = folder };
        foreach (var argument in (IEnumerable<string>)["exec", Dll, .. arguments]) start.ArgumentList.Add(argument);
        return new(start, withInput);
    }

    public static async Task<Result> RunAsync(string folder, params string[] arguments)
    {
        using var conveyor = Start(folder, withInput: false, arguments);
        return await conveyor.EndAsync();
    }

    /// <summary>Runs a shell script in which "$conveyor" is the program.</summary>
    public static async Task<Result> ScriptAsync(string folder, string script)
    {
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = folder };
        start.Environment["DOTNET"] = DotNet;
        start.Environment["DLL"] = Dll;
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("conveyor() { \"$DOTNET\" exec \"$DLL\" \"$@\"; }\n" + script);
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
            Assert.Fail($"it hangs; it said: {await error}");
        }

        return new(process.ExitCode, await output, await error, peak);
    }

    /// <summary>Sends a signal as a terminal or a service manager would.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{name} {process.Id}"]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.Dispose();
    }

    void SamplePeak()
    {
        try
        {
            var line = File.ReadLines($"/proc/{process.Id}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            if (line is not null) peak = Math.Max(peak, long.Parse(line["VmHWM:".Length..].Replace("kB", "").Trim(), CultureInfo.InvariantCulture) * 1024);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // It has just ended.
        }
    }

    static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }
}
