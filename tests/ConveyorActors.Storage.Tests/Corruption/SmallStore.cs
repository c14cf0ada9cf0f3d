using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Storage.Tests.Corruption;

/// <summary>
/// A small directory with something of everything, and what was in it at each moment. In memory where that is possible:
/// it is opened ten thousands of times.
/// </summary>
sealed class SmallStore : IDisposable
{
    public const int PageSize = 512;
    public const string Pipeline = "p",
        DataFile = "conveyor.db",
        Log = "conveyor.db-wal";

    readonly List<string> states = [];

    SmallStore(bool isKilled) => IsKilled = isKilled;

    public bool IsKilled { get; }

    public Scratch Kept { get; } = new();

    /// <summary>The data file as it was in the middle of its life.</summary>
    public byte[] Older { get; private set; } = [];

    public StoreView Last { get; private set; } = null!;

    /// <summary>What was there after each step: a log that was cut leaves one of these.</summary>
    public IReadOnlyList<string> States => states;

    /// <summary>
    /// Killed: as it is while its process lives, with all that the second half of its life brought in the log.
    /// </summary>
    public static async Task<SmallStore> MakeAsync(bool isKilled)
    {
        var store = new SmallStore(isKilled);
        using var made = new Scratch();
        await store.LiveAsync(made, "a");
        store.Older = File.ReadAllBytes(made[DataFile]);
        await store.LiveAsync(made, "b");
        File.WriteAllText(store.Kept["process"], "12345\n");
        using var looked = new Scratch();
        foreach (var file in Directory.GetFiles(store.Kept.Path))
            File.Copy(file, looked[Path.GetFileName(file)]);
        await using var whole = DataDirectory.Open(looked.Path);
        Assert.Empty(whole.Findings);
        store.Last = StoreView.Of(whole);
        Assert.Contains(store.Last.All, store.States);
        Assert.True(store.Last.Records.Count > 10 && store.Last.Letters.Count > 1);
        return store;
    }

    async Task LiveAsync(Scratch made, string prefix)
    {
        var directory = DataDirectory.Open(made.Path, new() { PageSize = PageSize, KeepsLogAhead = false });
        await using (var service = new EmbeddedBufferService(null, directory))
        {
            await service.ConfigureAsync(
                Pipeline,
                new()
                {
                    MaxPerStage = 60,
                    Stage = new()
                    {
                        Duplicates = new() { Count = 40 },
                        Backoff = BackoffSettings.None,
                    },
                }
            );
            states.Add(StoreView.Of(directory).All);
            await foreach (var _ in FillAsync(service, prefix))
            {
                Assert.True(await service.FlushAsync(Pipeline));
                states.Add(StoreView.Of(directory).All);
            }
            if (prefix == "b" && IsKilled)
                lock (directory.fileGate)
                    Keep(made);
        }
        if (prefix == "b" && !IsKilled)
            Keep(made);
    }

    void Keep(Scratch made)
    {
        foreach (var file in Directory.GetFiles(made.Path).Where(f => !f.EndsWith("lock")))
            File.Copy(file, Kept[Path.GetFileName(file)]);
    }

    /// <summary>Everything that writes or takes away rows, so that traces of old ones lie about in the pages.</summary>
    static async IAsyncEnumerable<int> FillAsync(IBufferService service, string prefix)
    {
        foreach (var source in new[] { "x", "y" })
        {
            foreach (var first in new[] { 1, 7 })
            {
                var records = Enumerable
                    .Range(first, 6)
                    .Select(i => Make($"{prefix}{source}{i}", i) with { Position = new(i * 10, i) })
                    .ToArray();
                Assert.Equal(
                    6,
                    (
                        await service.BufferBatchForStageAsync(Pipeline, "one", source, records, AckLevel.Persisted)
                    ).Accepted
                );
                yield return 0;
            }
        }
        var lease = await service.GetBatchAsync(Pipeline, "one", new BatchRequest(10) { OneSource = true });
        var sequences = lease.Records.Select(r => r.Sequence).ToArray();
        await service.CompleteAsync(Pipeline, "one", lease.Id, sequences[..2], new Checkpoint("sink", prefix));
        yield return 0;
        await service.ReturnToBufferAsync(Pipeline, "one", lease.Id, sequences[2..4], "failed");
        yield return 0;
        await service.DeadLetterAsync(Pipeline, "one", lease.Id, sequences[4..6], "poison");
        yield return 0;
        await service.CompleteAsync(
            Pipeline,
            "one",
            lease.Id,
            sequences[6..7],
            new Checkpoint("sink", prefix + prefix)
        );
        yield return 0;
        await service.HopAsync(
            Pipeline,
            "one",
            lease.Id,
            sequences[7..],
            "two",
            lease.Records.Skip(7).Select(r => r.Record with { Position = null }).ToArray()
        );
        yield return 0;
        Assert.Equal(1, await service.ReplayDeadLettersAsync(Pipeline, "one", 1));
        yield return 0;
        lease = await service.GetBatchAsync(Pipeline, "one", new BatchRequest(8) { OneSource = true });
        await service.DeadLetterAsync(
            Pipeline,
            "one",
            lease.Id,
            [.. lease.Records.Take(2).Select(r => r.Sequence)],
            "poison too"
        );
        yield return 0;
        await service.CompleteAsync(Pipeline, "one", lease.Id);
        yield return 0;
        Assert.Equal(1, await service.PurgeDeadLettersAsync(Pipeline, "one", 1));
        yield return 0;
    }

    static ConveyorRecord Make(string id, int first) =>
        new(id, Enumerable.Range(first, 25).Select(b => (byte)b).ToArray());

    public void Dispose() => Kept.Dispose();
}

/// <summary>A directory in memory, where the machine has one.</summary>
sealed class Scratch : IDisposable
{
    const string Memory = "/dev/shm";

    public string Path { get; } =
        Directory.Exists(Memory)
            ? Directory.CreateDirectory(System.IO.Path.Combine(Memory, $"conveyor-{Guid.NewGuid():N}")).FullName
            : Directory.CreateTempSubdirectory("conveyor-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
