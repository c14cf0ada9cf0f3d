using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>The model's data of one record.</summary>
public sealed record StoredItem(int Number, int Retries);

/// <summary>
/// A random run against a model that remembers every state of the store: after a crash, the stored state must be
/// exactly one of them, and not older than the last flush.
/// </summary>
public abstract class StoreRun(int seed)
{
    /// <summary>The name of the pipeline.</summary>
    protected const string Pipeline = "p";

    static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(20);
    static readonly string[] Sources = ["a", "b"];
    static readonly string[] Stages = ["one", "two"];

    readonly Random random = new(seed);

    /// <summary>Gets the clock of the pipeline.</summary>
    protected FakeClock Clock { get; } = new();

    // The pending records, by stage and source, in order; at the second stage, results that wait for room are at the
    // end.
    Dictionary<string, List<StoredItem>> pending = CreateState();
    List<string> dead = [];
    int completed,
        last;
    readonly List<string> states = [];
    int flushed;
    IBufferService service = null!;
    readonly List<LeasedBatch> leases = [];

    static Dictionary<string, List<StoredItem>> CreateState() =>
        Stages
            .SelectMany(stage => Sources.Select(source => $"{stage}/{source}"))
            .ToDictionary(key => key, _ => new List<StoredItem>());

    // The limits are small enough that results of hops sometimes have to wait for room.
    BufferSettings Settings =>
        new()
        {
            MaxPerStage = 12,
            MaxPerSource = 14,
            MaxTotalRecords = 20,
            Stage = new() { MaxRetries = 2, Backoff = BackoffSettings.None },
        };

    /// <summary>Opens the stored state.</summary>
    protected abstract Task<IBufferService> StartAsync();

    /// <summary>Stops a service in order.</summary>
    protected abstract Task EndAsync(IBufferService service);

    /// <summary>Ends a service in the way of a process that is killed at this moment.</summary>
    protected abstract Task CrashAsync(IBufferService service);

    /// <summary>
    /// Reads the stored state right after opening: the pending records of the stages in order, with those that wait for
    /// room at the end; the dead letters; the number of completed records.
    /// </summary>
    protected abstract Task<(
        IReadOnlyList<BufferedRecord<ConveyorRecord>> Pending,
        IReadOnlyList<BufferedRecord<ConveyorRecord>> Dead,
        long Completed
    )> ReadAsync(IBufferService service, IReadOnlyList<string> stages);

    /// <summary>Runs to the end.</summary>
    public async Task PlayAsync()
    {
        await OpenAsync();
        await service.ConfigureAsync(Pipeline, Settings);
        for (var round = 0; round < 6; round++)
        {
            for (var action = random.Next(5, 60); action > 0; action--)
            {
                await ActAsync();
                states.Add(Describe(pending, dead, completed));
            }
            if (random.Next(3) == 0)
                await EndOrderlyAsync();
            else
                await CrashAndCheckAsync();
        }
        await EndAsync(service);
    }

    async Task ActAsync()
    {
        switch (random.Next(10))
        {
            case 0 or 1 or 2:
                await OfferAsync();
                break;
            case 3 or 4:
                var stage = Stages[random.Next(2)];
                var lease = await service.GetBatchAsync(
                    Pipeline,
                    stage,
                    new BatchRequest(random.Next(1, 6)) { OneSource = true }
                );
                if (lease.Count > 0)
                    leases.Add(lease);
                break;
            case 5 when Take() is { } some:
                await CompleteAsync(some.Lease, some.Records);
                break;
            case 6 when Take() is { } some:
                await ReturnAsync(some.Lease, some.Records);
                break;
            case 7 when Take() is { Lease.Stage: "one" } some:
                await HopAsync(some.Lease, some.Records);
                break;
            case 8 when Take() is { } some:
                await service.DeadLetterAsync(
                    Pipeline,
                    some.Lease.Stage,
                    some.Lease.Id,
                    GetSequences(some.Records),
                    "poison"
                );
                foreach (var record in some.Records)
                {
                    Remove(some.Lease, record);
                    dead.Add($"{some.Lease.Stage} {record.Record.Id}");
                }
                break;
            case 9:
                if (random.Next(3) > 0)
                {
                    Assert.True(await service.FlushAsync(Pipeline));
                    flushed = states.Count;
                    states.Add(Describe(pending, dead, completed));
                }
                else
                {
                    var of = Stages[random.Next(2)];
                    var purged = await service.PurgeDeadLettersAsync(Pipeline, of, 1);
                    if (purged == 1)
                        dead.Remove(dead.First(d => d.StartsWith(of + " ")));
                }
                break;
        }
    }

    /// <summary>
    /// Takes a lease and selects the first of its records; afterwards the lease has no other open records, except those
    /// returned uncharged.
    /// </summary>
    (LeasedBatch Lease, BufferedRecord<ConveyorRecord>[] Records)? Take()
    {
        if (leases.Count == 0)
            return null;
        var lease = leases[random.Next(leases.Count)];
        leases.Remove(lease);
        return (lease, [.. lease.Records.Take(random.Next(1, lease.Count + 1))]);
    }

    async Task OfferAsync()
    {
        var source = Sources[random.Next(2)];
        var numbers = Enumerable.Range(last + 1, random.Next(1, 6)).ToArray();
        var offered = await service
            .BufferBatchForStageAsync(
                Pipeline,
                "one",
                source,
                numbers.Select(Make).ToArray(),
                random.Next(4) == 0 ? AckLevel.Persisted : AckLevel.Buffered
            )
            .AsTask()
            .WaitAsync(MaxWait);
        last += offered.Accepted;
        pending[$"one/{source}"].AddRange(numbers.Take(offered.Accepted).Select(n => new StoredItem(n, 0)));
    }

    async Task CompleteAsync(LeasedBatch lease, BufferedRecord<ConveyorRecord>[] records)
    {
        Assert.Equal(
            records.Length,
            (await service.CompleteAsync(Pipeline, lease.Stage, lease.Id, GetSequences(records))).Settled
        );
        foreach (var record in records)
            Remove(lease, record);
        completed += records.Length;
        await GiveBackAsync(lease);
    }

    async Task ReturnAsync(LeasedBatch lease, BufferedRecord<ConveyorRecord>[] records)
    {
        await service.ReturnToBufferAsync(Pipeline, lease.Stage, lease.Id, GetSequences(records), "failed");
        foreach (var record in records)
        {
            var line = pending[$"{lease.Stage}/{record.SourceId}"];
            var place = line.FindIndex(i => i.Number == ParseNumber(record));
            Assert.True(
                place >= 0,
                $"record {ParseNumber(record)} of {lease.Stage}/{record.SourceId} was leased, and is not pending in\n{Describe(pending, dead, completed)}"
            );
            if (line[place].Retries < 2)
                line[place] = line[place] with { Retries = line[place].Retries + 1 };
            else
            {
                line.RemoveAt(place);
                dead.Add($"{lease.Stage} {record.Record.Id}");
            }
        }
        await GiveBackAsync(lease);
    }

    async Task HopAsync(LeasedBatch lease, BufferedRecord<ConveyorRecord>[] records)
    {
        var results = records
            .SelectMany(r => Enumerable.Range(0, random.Next(0, 4)).Select(i => ParseNumber(r) * 10 + i + 1_000_000))
            .ToArray();
        // The hop may wait for room forever, because no other consumer works here; its results stay in transit.
        _ = service
            .HopAsync(Pipeline, "one", lease.Id, GetSequences(records), "two", results.Select(Make).ToArray())
            .AsTask();
        foreach (var record in records)
            Remove(lease, record);
        completed += records.Length;
        pending[$"two/{records[0].SourceId}"].AddRange(results.Select(n => new StoredItem(n, 0)));
        await GiveBackAsync(lease);
    }

    Task GiveBackAsync(LeasedBatch lease) =>
        service.ReturnToBufferAsync(Pipeline, lease.Stage, lease.Id, null, "not tried", charge: false).AsTask();

    void Remove(LeasedBatch lease, BufferedRecord<ConveyorRecord> record) =>
        Assert.Equal(1, pending[$"{lease.Stage}/{record.SourceId}"].RemoveAll(i => i.Number == ParseNumber(record)));

    async Task EndOrderlyAsync()
    {
        await EndAsync(service);
        await OpenAsync();
        Assert.Equal(Describe(pending, dead, completed), await ReadDiskAsync());
        await BeginAsync();
    }

    async Task CrashAndCheckAsync()
    {
        await CrashAsync(service);
        await OpenAsync();
        var found = await ReadDiskAsync();
        var place = states.LastIndexOf(found);
        Assert.True(
            place >= 0,
            $"this was never so:\n{found}\nthe last states were\n{string.Join("\n--\n", states.TakeLast(4))}"
        );
        Assert.True(place >= flushed, $"state {place} is there, and state {flushed} had been flushed");
        await RestoreStateAsync(found);
    }

    async Task OpenAsync()
    {
        leases.Clear();
        if (states.Count == 0)
            states.Add(Describe(pending, dead, completed));
        service = await StartAsync();
    }

    async Task BeginAsync()
    {
        states.Clear();
        states.Add(Describe(pending, dead, completed));
        flushed = 0;
        await service.ConfigureAsync(Pipeline, Settings);
        Assert.True((await service.GetSnapshotAsync(Pipeline)).IsConserved);
    }

    async Task RestoreStateAsync(string found)
    {
        (pending, dead, completed) = (CreateState(), [], 0);
        foreach (var line in found.Split('\n'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0] == "completed")
                completed = int.Parse(words[1]);
            else if (words[0] == "dead")
                dead = [.. line["dead ".Length..].Split(',', StringSplitOptions.RemoveEmptyEntries)];
            else
                pending[words[0]] =
                [
                    .. words
                        .Skip(1)
                        .Select(w => new StoredItem(int.Parse(w.Split('x')[0]), int.Parse(w.Split('x')[1]))),
                ];
        }
        await BeginAsync();
    }

    async Task<string> ReadDiskAsync()
    {
        var state = CreateState();
        var (records, letters, settled) = await ReadAsync(service, Stages);
        foreach (var record in records)
            state[$"{record.TargetStageId}/{record.SourceId}"].Add(new(ParseNumber(record), record.RetryCount));
        return Describe(state, letters.Select(l => $"{l.TargetStageId} {l.Record.Id}"), (int)settled);
    }

    static string Describe(Dictionary<string, List<StoredItem>> state, IEnumerable<string> dead, int completed) =>
        string.Join(
            '\n',
            state
                .OrderBy(s => s.Key, StringComparer.Ordinal)
                .Select(s => $"{s.Key} {string.Join(' ', s.Value.Select(i => $"{i.Number}x{i.Retries}"))}")
        )
        + $"\ndead {string.Join(',', dead.OrderBy(d => d.Split(' ')[0], StringComparer.Ordinal))}\ncompleted {completed}";

    static long[] GetSequences(BufferedRecord<ConveyorRecord>[] records) => [.. records.Select(r => r.Sequence)];

    static int ParseNumber(BufferedRecord<ConveyorRecord> record) => int.Parse(record.Record.Id);

    static ConveyorRecord Make(int number) => new(number.ToString(), new byte[number % 50]);
}
