namespace ConveyorActors.Storage.Files;

/// <summary>Compares the length of a data file with the one in its header.</summary>
static class FileLength
{
    /// <summary>
    /// Returns the length that a data file had, if it is shorter now; null: its end is there, or that cannot be told,
    /// because the log may contain it or the header is not valid.
    /// </summary>
    public static long? FindFormer(string file)
    {
        if (new FileInfo(file + "-wal") is { Exists: true, Length: > 0 } || !File.Exists(file))
            return null;
        using var handle = File.OpenHandle(file);
        return
            SqliteHeader.Read(handle) is { PageSize: { } size, Pages: { } pages }
            && RandomAccess.GetLength(handle) < size * pages
            ? size * pages
            : null;
    }

    /// <summary>
    /// Gives a data file its former length again, with zeros for the bytes that are missing, if the disk has room.
    /// Without them a little less can be read.
    /// </summary>
    public static void Restore(string file, long length)
    {
        try
        {
            using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.SetLength(handle, length);
        }
        catch (IOException)
        {
            // The length in the header may be damaged, too.
        }
    }
}
