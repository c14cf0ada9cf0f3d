namespace ConveyorActors.Storage.Files;

/// <summary>
/// Replaces the damaged data file by the repaired one. Once the repaired file is marked as ready, it always replaces
/// the old one: if the replacement is interrupted, the next process that opens the directory completes it. A new file
/// is never read together with an old log, nor an old file without its log.
/// </summary>
/// <remarks>The caller must hold the directory's lock.</remarks>
static class Replacement
{
    public const string Unfinished = DataFile.Name + ".new",
        Ready = DataFile.Name + ".repaired";

    /// <summary>Returns the path to write the new file to. Remains of an earlier repair are deleted.</summary>
    public static string Begin(string path)
    {
        var target = Path.Combine(path, Unfinished);
        DeleteWal(target);
        File.Delete(target);
        return target;
    }

    public static void Complete(string path)
    {
        File.Move(Path.Combine(path, Unfinished), Path.Combine(path, Ready), overwrite: true);
        DirectorySync.Sync(path);
        Finish(path);
    }

    /// <summary>Completes a replacement that was begun, if there is one.</summary>
    public static void Finish(string path)
    {
        var (ready, data) = (Path.Combine(path, Ready), Path.Combine(path, DataFile.Name));
        if (!File.Exists(ready))
            return;
        long transaction;
        using (var file = DataFile.Open(ready, new()))
            transaction = file.ReadScalar("SELECT tx FROM head");
        DeleteWal(data);
        DirectorySync.Sync(path);
        File.Move(ready, data, overwrite: true);
        DirectorySync.Sync(path);
        using var last = LastWritten.Open(path);
        last.Write(transaction, transaction);
    }

    static void DeleteWal(string file)
    {
        File.Delete(file + "-wal");
        File.Delete(file + "-shm");
    }
}
