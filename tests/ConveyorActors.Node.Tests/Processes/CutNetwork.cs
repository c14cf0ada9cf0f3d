using System.Diagnostics;
using System.Globalization;

namespace ConveyorActors.Node.Tests.Processes;

/// <summary>A network namespace, as a machine of its own, with a cable to this one that can be pulled.</summary>
sealed class CutNetwork : IDisposable
{
    static int count;

    readonly string name,
        here,
        there;
    readonly int net;

    public CutNetwork()
    {
        // Names are never used twice: a namespace is deleted in the background.
        var id = string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.ProcessId % 100_000}n{Interlocked.Increment(ref count)}"
        );
        (name, here, there, net) = ($"cv{id}", $"ch{id}", $"ct{id}", Random.Shared.Next(4, 250));
        Ip("netns", "add", name);
        Ip("link", "add", here, "type", "veth", "peer", "name", there);
        Ip("link", "set", there, "netns", name);
        Ip("addr", "add", $"{Outside}/24", "dev", here);
        Ip("link", "set", here, "up");
        Ip("-n", name, "addr", "add", $"{Inside}/24", "dev", there);
        Ip("-n", name, "link", "set", there, "up");
        Ip("-n", name, "link", "set", "lo", "up");
    }

    /// <summary>Whether this machine lets this user do it.</summary>
    public static bool IsPossible { get; } = OperatingSystem.IsLinux() && Environment.UserName == "root" && Try();

    /// <summary>The address of this side.</summary>
    public string Outside => $"10.231.{net}.1";

    /// <summary>The address of the other side.</summary>
    public string Inside => $"10.231.{net}.2";

    /// <summary>What a command begins with to run on the other side.</summary>
    public string[] Prefix => ["ip", "netns", "exec", name];

    /// <summary>Pulls the cable: neither side hears of it.</summary>
    public void Cut() => Ip("-n", name, "link", "set", there, "down");

    public void Dispose()
    {
        Run(["link", "del", here]);
        Run(["netns", "del", name]);
    }

    static bool Try()
    {
        try
        {
            using var network = new CutNetwork();
            return true;
        }
        catch (Exception failure) when (failure is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    static void Ip(params string[] arguments)
    {
        if (Run(arguments) != 0)
            throw new InvalidOperationException($"ip {string.Join(' ', arguments)} failed");
    }

    static int Run(string[] arguments)
    {
        var start = new ProcessStartInfo("ip") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode;
    }
}

/// <summary>A test that needs network namespaces: skipped where this user may not make them.</summary>
sealed class CutNetworkFactAttribute : FactAttribute
{
    public CutNetworkFactAttribute()
    {
        if (!CutNetwork.IsPossible)
            Skip = "Network namespaces cannot be made here (needs root and the command ip).";
    }
}

/// <summary>
/// The same test without network namespaces: it takes most of a minute, so where they can be made only a whole run has
/// both.
/// </summary>
sealed class CutProxyFactAttribute : FactAttribute
{
    public CutProxyFactAttribute()
    {
        if (CutNetwork.IsPossible && !Thoroughness.IsWhole)
            Skip =
                "The same test ran with network namespaces, which can be made here; ./build.sh test --all runs both.";
    }
}
