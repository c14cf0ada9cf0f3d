using ConveyorActors.Storage.Files;

namespace ConveyorActors.Storage.Tests.PowerCuts;

/// <summary>Something that happened to a data directory, or was answered to its user.</summary>
abstract record Happening
{
    public sealed record Made(string Name, int File) : Happening;

    public sealed record Removed(string Name) : Happening;

    public sealed record Wrote(int File, long At, byte[] Bytes) : Happening;

    public sealed record Truncated(int File, long Size) : Happening;

    public sealed record Synced(int File, string Name) : Happening;

    /// <summary>The entries of the data directory were.</summary>
    public sealed record EntriesSynced : Happening;

    /// <summary>Those of all directories above it were that had to be made.</summary>
    public sealed record ParentsSynced : Happening;

    /// <summary>
    /// The file of the last transaction, which is never synced, says something else; null: it is gone.
    /// </summary>
    public sealed record SaysLast(byte[]? Bytes) : Happening;

    /// <summary>A call has returned, and things are so.</summary>
    public sealed record IsSo(State State) : Happening;

    /// <summary>It was answered that the state of this number is on disk.</summary>
    public sealed record Promised(int Number) : Happening;
}

/// <summary>
/// All that happened to a data directory, in order. When its files are copied to another place, it goes on there.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class Journal
{
    readonly Lock gate = new();
    readonly List<Happening> happenings = [];
    readonly Dictionary<string, int> files = [];
    readonly HashSet<string> unsynced = [];
    byte[]? last;
    int made;
    int states;

    /// <summary>Where the directory is now.</summary>
    public string Directory { get; private set; } = "";

    /// <summary>How many of the happenings tell of what was there before.</summary>
    public int Prelude { get; private set; }

    public Happening[] All
    {
        get
        {
            lock (gate)
                return [.. happenings];
        }
    }

    /// <summary>What is there already is on the disk.</summary>
    public void Begin(string directory)
    {
        MoveTo(directory);
        for (var missing = directory; !System.IO.Directory.Exists(missing); missing = Path.GetDirectoryName(missing)!)
            unsynced.Add(Path.GetDirectoryName(missing)!);
        if (unsynced.Count > 0)
            return;
        foreach (var path in System.IO.Directory.EnumerateFiles(directory, DataFile.Name + "*"))
        {
            var name = Path.GetFileName(path);
            Made(name);
            Wrote(name, 0, File.ReadAllBytes(path));
            Synced(name);
        }
        EntriesSynced();
        Add(new Happening.ParentsSynced());
        Prelude = happenings.Count;
    }

    public void MoveTo(string directory)
    {
        WatchedFileSystem.Forget(Directory);
        WatchedFileSystem.Watch(directory, this);
        Directory = directory;
    }

    public void Made(string name)
    {
        lock (gate)
            Add(new Happening.Made(name, files[name] = ++made));
    }

    public void Removed(string name)
    {
        lock (gate)
        {
            files.Remove(name);
            Add(new Happening.Removed(name));
        }
    }

    public void Wrote(string name, long at, byte[] bytes)
    {
        lock (gate)
            Add(new Happening.Wrote(files[name], at, bytes));
    }

    public void Truncated(string name, long size)
    {
        lock (gate)
            Add(new Happening.Truncated(files[name], size));
    }

    public void Synced(string name)
    {
        lock (gate)
            Add(new Happening.Synced(files[name], name));
    }

    public void EntriesSynced() => Add(new Happening.EntriesSynced());

    /// <summary>For the store to call where it syncs directories.</summary>
    public void DirectorySynced(string path)
    {
        if (path == Directory)
            EntriesSynced();
        else if (unsynced.Remove(path) && unsynced.Count == 0)
            Add(new Happening.ParentsSynced());
    }

    /// <summary>Returns the state's number.</summary>
    public int IsSo(State state)
    {
        lock (gate)
        {
            Add(new Happening.IsSo(state));
            return states++;
        }
    }

    public void Promised(int number) => Add(new Happening.Promised(number));

    /// <summary>
    /// The file of the last transaction is written between two transactions: whatever comes next sees each of its
    /// versions.
    /// </summary>
    void Add(Happening happening)
    {
        lock (gate)
        {
            var path = Path.Combine(Directory, LastWritten.Name);
            var now = File.Exists(path) ? File.ReadAllBytes(path) : null;
            if (now is null != last is null || now is not null && !now.AsSpan().SequenceEqual(last))
                happenings.Add(new Happening.SaysLast(last = now));
            happenings.Add(happening);
        }
    }
}
