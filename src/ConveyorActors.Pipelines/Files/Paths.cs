namespace ConveyorActors.Pipelines.Files;

/// <summary>Paths with their links followed.</summary>
static class Paths
{
    /// <summary>The path with every link on its way followed.</summary>
    public static string Real(string path)
    {
        var full = Path.GetFullPath(path);
        try
        {
            if (Directory.GetParent(full) is not { } parent)
                return full;
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
