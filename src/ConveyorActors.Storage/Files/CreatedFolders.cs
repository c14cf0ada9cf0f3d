namespace ConveyorActors.Storage.Files;

/// <summary>A data directory and the folders above it, as far as opening it has created them.</summary>
sealed class CreatedFolders
{
    readonly string path;
    readonly List<string> created = []; // the innermost first

    CreatedFolders(string path) => this.path = path;

    /// <summary>Gets whether there was no data directory before.</summary>
    public bool Any => created.Count > 0;

    /// <summary>Creates a directory where there is none, with those above it.</summary>
    public static CreatedFolders Create(string path)
    {
        var folders = new CreatedFolders(path);
        for (var at = path; at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at))
            folders.created.Add(at);
        Directory.CreateDirectory(path);
        return folders;
    }

    /// <summary>Deletes the directory's own files and the created folders, as far as they are empty then.</summary>
    /// <remarks>
    /// The lock must be held. Its file is deleted last, so that no other process has begun to use what is deleted.
    /// </remarks>
    public void Remove()
    {
        try
        {
            foreach (var own in OwnFiles.In(path).OrderBy(f => Path.GetFileName(f) == DirectoryLock.Name).ToList())
                File.Delete(own);
            foreach (var directory in created)
                Directory.Delete(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process has put something there since: it stays.
        }
    }
}
