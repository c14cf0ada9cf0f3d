using ConveyorActors.Buffers.Service;
using ConveyorActors.Storage.Files;
using ConveyorActors.Testing;

namespace ConveyorActors.Storage.Tests.PowerCuts;

/// <summary>
/// Uses a data directory in every way there is, and says in its journal what is so after each call, and what it was
/// promised.
/// </summary>
/// <param name="random">What it does.</param>
/// <param name="journal">Where the directory is, and what happens to it.</param>
/// <param name="isHurried">Most calls do not wait for those before: several come with one transaction.</param>
sealed class Workload(Random random, Journal journal, bool isHurried) : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    readonly FakeClock clock = new();
    readonly List<TempDirectory> places = [];
    readonly List<LeasedBatch> leases = [];
    readonly List<Task> offers = [];
    readonly long foldAfter = random.Next(3) == 0 ? 256 << 10 : 64 << 10;
    State state = State.Empty;
    int last = random.Next(1, 1_000_000);
    State? told;
    int number;
    DataDirectory directory = null!;
    EmbeddedBufferService service = null!;

    public async Task PlayAsync(int actions)
    {
        await OpenAsync();
        state = State.In(directory);
        Tell();
        for (; actions > 0; actions--)
        {
            if (random.Next(40) == 0)
                await DieAsync();
            else if (random.Next(60) == 0)
                await EndAsync();
            await ActAsync();
            Tell();
            if (!isHurried || random.Next(8) == 0)
                await CatchUpAsync();
        }
        await CatchUpAsync();
    }

    async Task ActAsync()
    {
        switch (random.Next(11))
        {
            case 0 or 1 or 2:
                await OfferAsync();
                break;
            case 3 or 4:
                var stage = State.Stages[random.Next(2)];
                var lease = await service.GetBatchAsync(
                    State.Pipeline,
                    stage,
                    new BatchRequest(random.Next(1, 8)) { OneSource = true }
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
            case 7 or 8 when Take() is { Lease.Stage: "one" } some:
                await HopAsync(some.Lease, some.Records);
                break;
            case 9 when Take() is { } some:
                Without(some.Lease, some.Records);
                state = state.WithDead(
                    some.Lease.Stage,
                    [.. state.Dead[some.Lease.Stage], .. some.Records.Select(r => r.Record.Id)]
                );
                await service.DeadLetterAsync(
                    State.Pipeline,
                    some.Lease.Stage,
                    some.Lease.Id,
                    Sequences(some.Records),
                    "poison"
                );
                await GiveBackAsync(some.Lease);
                break;
            case 10 when random.Next(3) == 0:
                var of = State.Stages[random.Next(2)];
                state = state.WithDead(of, state.Dead[of].Skip(1));
                await service.PurgeDeadLettersAsync(State.Pipeline, of, 1);
                break;
            case 10:
                await FlushAsync();
                break;
        }
    }

    async Task OfferAsync()
    {
        var source = State.Sources[random.Next(2)];
        var numbers = Enumerable.Range(last + 1, random.Next(1, 7)).ToArray();
        last = numbers[^1];
        var ackLevel = random.Next(3) == 0 ? AckLevel.Persisted : AckLevel.Buffered;
        state = state.With("one", source, [.. state.Line("one", source), .. numbers.Select(n => new Item(n, 0))]);
        var offer = service
            .BufferBatchForStageAsync(State.Pipeline, "one", source, numbers.Select(State.Make).ToArray(), ackLevel)
            .AsTask();
        Tell();
        var place = number;
        var answered = AnsweredAsync();
        if (isHurried)
            offers.Add(answered);
        else
            await answered;

        async Task AnsweredAsync()
        {
            Assert.Equal(
                (OfferStatus.Accepted, numbers.Length),
                await offer.WaitAsync(Patience) is var answer ? (answer.Status, answer.Accepted) : default
            );
            if (ackLevel == AckLevel.Persisted)
                journal.Promised(place);
        }
    }

    async Task CompleteAsync(LeasedBatch lease, BufferedRecord<ConveyorRecord>[] records)
    {
        Without(lease, records);
        state = state with { Completed = state.Completed + records.Length };
        if (random.Next(3) == 0)
        {
            state = state with { Note = $"at {records[^1].Record.Id}" };
            await service.CompleteAsync(
                State.Pipeline,
                lease.Stage,
                lease.Id,
                Sequences(records),
                new Checkpoint("n", state.Note)
            );
        }
        else
            await service.CompleteAsync(State.Pipeline, lease.Stage, lease.Id, Sequences(records));
        await GiveBackAsync(lease);
    }

    async Task ReturnAsync(LeasedBatch lease, BufferedRecord<ConveyorRecord>[] records)
    {
        var (stage, source) = (lease.Stage, records[0].SourceId);
        var tried = records.Select(State.NumberOf).ToHashSet();
        var dead = state
            .Line(stage, source)
            .Where(i => tried.Contains(i.Number) && i.Retries == 2)
            .Select(i => i.Number.ToString())
            .ToArray();
        state = state.With(
            stage,
            source,
            state
                .Line(stage, source)
                .Where(i => !(tried.Contains(i.Number) && i.Retries == 2))
                .Select(i => tried.Contains(i.Number) ? i with { Retries = i.Retries + 1 } : i)
        );
        if (dead.Length > 0)
            state = state.WithDead(stage, [.. state.Dead[stage], .. dead]);
        await service.ReturnToBufferAsync(State.Pipeline, stage, lease.Id, Sequences(records), "failed");
        await GiveBackAsync(lease);
    }

    async Task HopAsync(LeasedBatch lease, BufferedRecord<ConveyorRecord>[] records)
    {
        var source = records[0].SourceId;
        var results = Enumerable.Range(last + 1, random.Next(0, 2 * records.Length)).ToArray();
        last += results.Length;
        Without(lease, records);
        state = state.With("two", source, [.. state.Line("two", source), .. results.Select(n => new Item(n, 0))]) with
        {
            Completed = state.Completed + records.Length,
        };
        await service
            .HopAsync(State.Pipeline, "one", lease.Id, Sequences(records), "two", results.Select(State.Make).ToArray())
            .AsTask()
            .WaitAsync(Patience);
        await GiveBackAsync(lease);
    }

    void Without(LeasedBatch lease, BufferedRecord<ConveyorRecord>[] records)
    {
        var gone = records.Select(State.NumberOf).ToHashSet();
        state = state.With(
            lease.Stage,
            records[0].SourceId,
            state.Line(lease.Stage, records[0].SourceId).Where(i => !gone.Contains(i.Number))
        );
    }

    /// <summary>The rest of a lease was not tried.</summary>
    Task GiveBackAsync(LeasedBatch lease) =>
        service.ReturnToBufferAsync(State.Pipeline, lease.Stage, lease.Id, null, "not tried", charge: false).AsTask();

    /// <summary>A lease, and the first of its records.</summary>
    (LeasedBatch Lease, BufferedRecord<ConveyorRecord>[] Records)? Take()
    {
        if (leases.Count == 0)
            return null;
        var lease = leases[random.Next(leases.Count)];
        leases.Remove(lease);
        return (lease, [.. lease.Records.Take(random.Next(1, lease.Count + 1))]);
    }

    async Task FlushAsync()
    {
        var place = number;
        Assert.True(await service.FlushAsync(State.Pipeline).AsTask().WaitAsync(Patience));
        journal.Promised(place);
    }

    void Tell()
    {
        if (!ReferenceEquals(told, state))
            number = journal.IsSo(told = state);
    }

    static long[] Sequences(BufferedRecord<ConveyorRecord>[] records) => [.. records.Select(r => r.Sequence)];

    async Task CatchUpAsync()
    {
        await Task.WhenAll(offers);
        offers.Clear();
        await directory.WaitForWritesAsync().WaitAsync(Patience);
    }

    async Task EndAsync()
    {
        await CatchUpAsync();
        await service.DisposeAsync();
        await OpenAsync();
    }

    /// <summary>A killed process leaves its files as they are, and what was not synced still is not.</summary>
    async Task DieAsync()
    {
        await CatchUpAsync();
        var place = new TempDirectory();
        lock (directory.fileGate)
        {
            foreach (
                var path in Directory
                    .EnumerateFiles(directory.Path)
                    .Where(p => Path.GetFileName(p) is not (DirectoryLock.Name or DirectoryLock.HolderName))
            )
                File.Copy(path, place[Path.GetFileName(path)]);
            journal.MoveTo(place.Path);
        }
        await service.DisposeAsync();
        places.Add(place);
        await OpenAsync();
    }

    async Task OpenAsync()
    {
        leases.Clear();
        directory = DataDirectory.Open(
            journal.Directory,
            new()
            {
                CheckpointBytes = foldAfter,
                FileSystem = WatchedFileSystem.Name,
                SyncDirectory = journal.DirectorySynced,
            }
        );
        Assert.DoesNotContain(directory.Findings, f => f.Kind == FindingKind.Damage);
        if (told is not null)
            Assert.Equal(state.Text, State.In(directory).Text);
        service = new(clock, directory);
        var stage = new StageSettings { MaxRetries = 2, Backoff = BackoffSettings.None };
        await service.ConfigureAsync(State.Pipeline, new() { Stage = stage });
    }

    public async ValueTask DisposeAsync()
    {
        WatchedFileSystem.Forget(journal.Directory);
        if (service is not null)
            await service.DisposeAsync();
        foreach (var place in places)
            place.Dispose();
    }
}
