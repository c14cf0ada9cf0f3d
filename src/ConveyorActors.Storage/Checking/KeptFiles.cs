using ConveyorActors.Storage.Files;

namespace ConveyorActors.Storage.Checking;

/// <summary>
/// Copies of the files of a data directory in a subdirectory of their own, made before a repair changes any of them,
/// and the report of the repair.
/// </summary>
sealed class KeptFiles
{
    KeptFiles(string path) => Path = path;

    /// <summary>Gets the path of the subdirectory.</summary>
    public string Path { get; }

    /// <summary>Copies the files unchanged, and syncs the copies. If that fails, no copy is left.</summary>
    /// <param name="path">The path of the data directory.</param>
    public static KeptFiles Copy(string path)
    {
        var number = 1;
        while (Directory.Exists(System.IO.Path.Combine(path, $"damaged-{number}")))
            number++;
        var aside = Directory.CreateDirectory(System.IO.Path.Combine(path, $"damaged-{number}")).FullName;
        try
        {
            foreach (var name in new[] { DataFile.Name, DataFile.Name + "-wal", LastWritten.Name })
                if (File.Exists(System.IO.Path.Combine(path, name)))
                    File.Copy(System.IO.Path.Combine(path, name), System.IO.Path.Combine(aside, name));
            Sync(aside);
            DirectorySync.Sync(path);
        }
        catch
        {
            Directory.Delete(aside, recursive: true);
            throw;
        }
        return new(aside);
    }

    /// <summary>Adds the findings, and the rows that were left out as lines of JSON, and syncs them.</summary>
    public void AddReport(IReadOnlyList<Finding> findings, IEnumerable<string> leftOut)
    {
        File.WriteAllLines(System.IO.Path.Combine(Path, "findings.txt"), findings.Select(f => f.ToString()));
        File.WriteAllLines(System.IO.Path.Combine(Path, "set-aside.jsonl"), leftOut);
        Sync(Path);
    }

    /// <summary>Deletes the copies, and what was written of a new data file: nothing was repaired.</summary>
    /// <param name="path">The path of the data directory.</param>
    public void Discard(string path)
    {
        try
        {
            Directory.Delete(Path, recursive: true);
            Replacement.Begin(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure that ended the repair is reported; files too many do no harm.
        }
    }

    static void Sync(string aside)
    {
        foreach (var file in Directory.GetFiles(aside))
        {
            using var kept = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(kept);
        }
        DirectorySync.Sync(aside);
    }
}
