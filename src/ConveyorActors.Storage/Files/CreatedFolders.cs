namespace ConveyorActors.Storage.Files;

/// <summary>The data directory and its parent folders that opening it has created.</summary>
sealed class CreatedFolders
{
    readonly string path;
    readonly List<string> created = []; // the innermost first

    CreatedFolders(string path) => this.path = path;

    /// <summary>Gets whether any folder was created, so that there was no data directory before.</summary>
    public bool Any => created.Count > 0;

    /// <summary>Creates a directory and its parent folders, as far as they do not exist.</summary>
    public static CreatedFolders Create(string path)
    {
        var folders = new CreatedFolders(path);
        for (var at = path; at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at))
            folders.created.Add(at);
        Directory.CreateDirectory(path);
        return folders;
    }

    /// <summary>Deletes the directory's own files, and the created folders that are then empty.</summary>
    /// <remarks>
    /// The caller must hold the lock. The lock's file is deleted last, so that no other process uses files that are
    /// being deleted.
    /// </remarks>
    public void Remove()
    {
        try
        {
            foreach (var own in OwnFiles.Find(path).OrderBy(f => Path.GetFileName(f) == DirectoryLock.Name).ToList())
                File.Delete(own);
            foreach (var directory in created)
                Directory.Delete(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process has put a file there since, so the folder stays.
        }
    }
}
