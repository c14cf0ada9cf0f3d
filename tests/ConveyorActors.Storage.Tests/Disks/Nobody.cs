using System.Diagnostics;

namespace ConveyorActors.Storage.Tests.Disks;

/// <summary>Runs programs as a user to whom permissions apply: the superuser may write everything.</summary>
static class Nobody
{
    const string Id = "65534";
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    static bool IsRoot => Environment.UserName == "root";

    /// <summary>Why it cannot be done here; null: it can.</summary>
    public static string? WhyNot { get; } = Try();

    public static async Task<(int Exit, string Said, string Error)> RunAsync(string program, params string[] arguments)
    {
        string[] words = IsRoot
            ? ["setpriv", $"--reuid={Id}", $"--regid={Id}", "--clear-groups", program, .. arguments]
            : [program, .. arguments];
        using var process = Process.Start(
            new ProcessStartInfo(words[0], words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var (said, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        return (process.ExitCode, await said, await error);
    }

    /// <summary>Gives a file, or a directory and what is in it, to that user.</summary>
    public static void Own(string path)
    {
        if (!IsRoot)
            return;
        using var chown = Process.Start("chown", ["-R", $"{Id}:{Id}", path]);
        chown.WaitForExit();
        Assert.Equal(0, chown.ExitCode);
    }

    static string? Try()
    {
        if (!OperatingSystem.IsLinux())
            return "needs Linux";
        try
        {
            // A checkout in the superuser's home cannot be read by anybody else.
            return
                RunAsync("dotnet", "exec", Crasher).GetAwaiter().GetResult() is { Error: var error }
                && error.Contains("IndexOutOfRangeException", StringComparison.Ordinal)
                ? null
                : "needs a second user who can run these programs: run it as another one than root";
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return $"needs setpriv and dotnet: {e.Message}";
        }
    }

    public static string Crasher => Path.Combine(AppContext.BaseDirectory, "ConveyorActors.Storage.Crasher.dll");
}

/// <summary>
/// A test with a program that another user runs. Where that is not possible it is skipped and says so.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class NobodyFactAttribute : FactAttribute
{
    public NobodyFactAttribute() => Skip = Nobody.WhyNot;
}
