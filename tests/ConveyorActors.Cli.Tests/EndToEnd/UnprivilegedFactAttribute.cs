using System.Diagnostics;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>
/// A test in which a user who is not the superuser runs the program. Where there can be none it is skipped and says so.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class UnprivilegedFactAttribute : FactAttribute
{
    static readonly string? whyNot = Try();

    public UnprivilegedFactAttribute() => Skip = whyNot;

    static string? Try()
    {
        if (!OperatingSystem.IsLinux())
            return "needs Linux";
        if (Environment.UserName != "root")
            return null;
        try
        {
            // A checkout in the superuser's home cannot be read by anybody else.
            var start = new ProcessStartInfo(
                "setpriv",
                ["--reuid=65534", "--regid=65534", "--clear-groups", Conveyor.Program, "--version"]
            )
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            if (Conveyor.DotNetRoot is { } root)
                start.Environment["DOTNET_ROOT"] = root;
            using var tried = Process.Start(start)!;
            tried.WaitForExit();
            return tried.ExitCode == 0
                ? null
                : "needs a second user who can run the program: run it as another one than root";
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return $"needs setpriv: {e.Message}";
        }
    }
}
