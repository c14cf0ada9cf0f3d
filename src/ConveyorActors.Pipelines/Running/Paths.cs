namespace ConveyorActors.Pipelines.Running;

/// <summary>Tells whether two paths are one file.</summary>
static class Paths
{
    static readonly StringComparison Comparison =
        OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    /// <summary>True when writing one would destroy the other. Devices may be used twice.</summary>
    public static bool AreSameFile(string one, string other)
    {
        if (one == "-" || other == "-") return false;
        var real = Real(one);
        return !real.StartsWith("/dev/", StringComparison.Ordinal) && !real.StartsWith("/proc/", StringComparison.Ordinal)
            && string.Equals(real, Real(other), Comparison);
    }

    /// <summary>The path with every link on its way followed.</summary>
    static string Real(string path)
    {
        var full = Path.GetFullPath(path);
        try
        {
            if (Directory.GetParent(full) is not { } parent) return full;
            full = Path.Combine(Real(parent.FullName), Path.GetFileName(full));
            FileSystemInfo info = Directory.Exists(full) ? new DirectoryInfo(full) : new FileInfo(full);
            return info.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full;
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            return full;
        }
    }
}
