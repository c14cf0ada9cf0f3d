namespace ConveyorActors.Pipelines.Files;

/// <summary>Resolves links in paths.</summary>
static class Paths
{
    /// <summary>Returns the path with all links followed.</summary>
    public static string ResolveLinks(string path)
    {
        var full = Path.GetFullPath(path);
        try
        {
            if (Directory.GetParent(full) is not { } parent)
                return full;
            full = Path.Combine(ResolveLinks(parent.FullName), Path.GetFileName(full));
            FileSystemInfo info = Directory.Exists(full) ? new DirectoryInfo(full) : new FileInfo(full);
            return info.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full;
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            return full;
        }
    }
}
