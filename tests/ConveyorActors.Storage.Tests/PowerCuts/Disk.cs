using ConveyorActors.Storage.Files;

namespace ConveyorActors.Storage.Tests.PowerCuts;

/// <summary>
/// What a disk may hold when the power is cut: everything up to the last sync, and of what came after it anything.
/// </summary>
/// <remarks>
/// A write is made in pieces that end where a sector of 512 bytes does; each may be there, not, or as rubbish. Bytes
/// beside a write are never touched by it: SQLite counts on that (its SQLITE_IOCAP_POWERSAFE_OVERWRITE). Where two
/// writes meet the later one wins: a disk gets from a cache what is newest at the time.
/// </remarks>
sealed class Disk
{
    const int Sector = 512;

    sealed class Content
    {
        public byte[] Bytes = [];
        public readonly List<Happening> Unsynced = [];
    }

    readonly Dictionary<int, Content> files = [];

    /// <summary>For each name what it may stand for: the first is synced, the last is newest.</summary>
    readonly Dictionary<string, List<int?>> entries = [];

    readonly List<byte[]?> saidLast = [null];

    /// <summary>Whether the directory itself is sure to be there.</summary>
    public bool IsThere { get; private set; }

    public void Take(Happening happening)
    {
        switch (happening)
        {
            case Happening.Made made:
                files[made.File] = new();
                EntryOf(made.Name).Add(made.File);
                break;
            case Happening.Removed removed:
                EntryOf(removed.Name).Add(null);
                break;
            case Happening.Wrote wrote:
                files[wrote.File].Unsynced.Add(wrote);
                break;
            case Happening.Truncated truncated:
                files[truncated.File].Unsynced.Add(truncated);
                break;
            case Happening.Synced synced:
                var file = files[synced.File];
                foreach (var change in file.Unsynced)
                    Apply(ref file.Bytes, change);
                file.Unsynced.Clear();
                break;
            case Happening.EntriesSynced:
                foreach (var entry in entries.Values)
                    entry.RemoveRange(0, entry.Count - 1);
                break;
            case Happening.ParentsSynced:
                IsThere = true;
                break;
            case Happening.SaysLast says:
                saidLast.Add(says.Bytes);
                break;
        }
    }

    /// <summary>Writes down one disk that there may be. False: on it there is not even the directory.</summary>
    public bool Write(string directory, Random random)
    {
        if (!IsThere && random.Next(4) == 0)
            return false;
        foreach (var (name, standsFor) in entries)
        {
            var number = random.Next(2) == 0 ? standsFor[^1] : standsFor[random.Next(standsFor.Count)];
            if (number is { } file)
                File.WriteAllBytes(Path.Combine(directory, name), Remains(files[file], random));
        }
        var last = random.Next(3) == 0 ? saidLast[random.Next(saidLast.Count)] : saidLast[^1];
        if (random.Next(20) == 0)
            last = random.Next(2) == 0 ? null : [];
        if (last is not null)
            File.WriteAllBytes(Path.Combine(directory, LastWritten.Name), last);
        return true;
    }

    List<int?> EntryOf(string name) => entries.TryGetValue(name, out var entry) ? entry : entries[name] = [null];

    static byte[] Remains(Content content, Random random)
    {
        var bytes = content.Bytes.ToArray();
        var unsynced = content.Unsynced;
        switch (random.Next(5))
        {
            case 0:
                break;
            case 1:
                foreach (var change in unsynced)
                    Apply(ref bytes, change);
                break;
            case 2:
                foreach (var change in unsynced.Take(random.Next(unsynced.Count + 1)))
                    Apply(ref bytes, change);
                break;
            case 3:
                var part = random.NextDouble();
                foreach (var change in unsynced)
                    if (random.NextDouble() < part)
                        Apply(ref bytes, change);
                break;
            default:
                var (kept, rubbish) = (random.NextDouble(), random.Next(2) * random.NextDouble() / 2);
                foreach (var change in unsynced)
                    Tear(ref bytes, change, random, kept, rubbish);
                break;
        }
        return bytes;
    }

    static void Tear(ref byte[] bytes, Happening change, Random random, double kept, double rubbish)
    {
        if (change is not Happening.Wrote wrote)
        {
            if (random.NextDouble() < kept)
                Apply(ref bytes, change);
            return;
        }
        for (int start = 0, end; start < wrote.Bytes.Length; start = end)
        {
            end = Math.Min(wrote.Bytes.Length, start + Sector - (int)((wrote.At + start) % Sector));
            var fate = random.NextDouble();
            if (fate > kept)
                continue;
            var piece = wrote.Bytes[start..end];
            if (random.NextDouble() < rubbish)
                random.NextBytes(piece);
            Apply(ref bytes, new Happening.Wrote(wrote.File, wrote.At + start, piece));
        }
    }

    static void Apply(ref byte[] bytes, Happening change)
    {
        if (change is Happening.Truncated truncated)
        {
            Array.Resize(ref bytes, (int)truncated.Size);
            return;
        }
        var wrote = (Happening.Wrote)change;
        var end = (int)wrote.At + wrote.Bytes.Length;
        if (bytes.Length < end)
            Array.Resize(ref bytes, end);
        wrote.Bytes.CopyTo(bytes, (int)wrote.At);
    }
}
