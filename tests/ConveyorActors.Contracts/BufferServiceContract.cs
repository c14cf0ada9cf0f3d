using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Contracts;

/// <summary>
/// What every implementation of <see cref="IBufferService"/> promises, sentence by sentence. A test project derives one
/// class from it and says how its implementation is made; the areas are in the files beside this one.
/// </summary>
/// <remarks>
/// Each test has a service, a clock and a pipeline name of its own, so that implementations may share what is expensive
/// between tests. Every wait is bounded in real time; nothing but the clock makes time pass for the service.
/// Conservation is checked again after each test.
/// </remarks>
public abstract partial class BufferServiceContract : IAsyncLifetime
{
    /// <summary>The stage and the source of tests that need only one.</summary>
    protected const string Stage = "filter",
        Source = "kafka-1";

    /// <summary>The longest that a test waits for one answer, in real time.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The service's clock.</summary>
    protected FakeClock Clock { get; } = new();

    /// <summary>The service under test.</summary>
    protected IBufferService Service { get; private set; } = null!;

    /// <summary>A pipeline name that no other test uses.</summary>
    protected string Pipeline { get; } = $"analytics-{Guid.NewGuid():N}";

    /// <summary>Makes the implementation under test. All time that it sees must come from the clock.</summary>
    protected abstract ValueTask<IBufferService> CreateAsync(TimeProvider clock);

    public async Task InitializeAsync() => Service = await Within(CreateAsync(Clock));

    public async Task DisposeAsync()
    {
        foreach (var pipeline in await Within(Service.GetPipelinesAsync()))
        {
            if (pipeline.StartsWith(Pipeline, StringComparison.Ordinal))
                AssertConserved(await Within(Service.GetSnapshotAsync(pipeline)), limitsWereLowered: true);
        }

        await Within(Service.DisposeAsync().AsTask());
    }

    /// <summary>Waits for an answer, but not for ever.</summary>
    protected static Task<T> Within<T>(ValueTask<T> answer) => answer.AsTask().WaitAsync(Patience);

    /// <summary>Waits for an answer, but not for ever.</summary>
    protected static Task<T> Within<T>(Task<T> answer) => answer.WaitAsync(Patience);

    /// <summary>Waits for an answer, but not for ever.</summary>
    protected static Task Within(ValueTask answer) => answer.AsTask().WaitAsync(Patience);

    /// <summary>Waits for an end, but not for ever.</summary>
    protected static Task Within(Task end) => end.WaitAsync(Patience);

    /// <summary>
    /// Asks until the answer satisfies, but not for ever: for what a service does by itself, after a step of the clock
    /// say.
    /// </summary>
    protected static async Task<T> Eventually<T>(Func<Task<T>> ask, Func<T, bool> satisfied)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (satisfied(answer))
                return answer;
            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < Patience,
                $"it never came to pass; the last answer was {Shown(answer)}"
            );
            await Task.Delay(1);
        }
    }

    /// <summary>A record whose payload has as many bytes as said.</summary>
    protected static ConveyorRecord Make(string id, int bytes = 1) => new(id, new byte[bytes]);

    /// <summary>Records a1, a2, ... for the prefix a.</summary>
    protected static ConveyorRecord[] MakeMany(string prefix, int count, int first = 1) =>
        [.. Enumerable.Range(first, count).Select(i => Make($"{prefix}{i}"))];

    /// <summary>The ids of a batch, in order, as one line.</summary>
    protected static string Ids(LeasedBatch batch) => Ids(batch.Records);

    /// <summary>The ids of records, in order, as one line.</summary>
    protected static string Ids(IEnumerable<BufferedRecord<ConveyorRecord>> records) =>
        string.Join(' ', records.Select(r => r.Record.Id));

    /// <summary>The sequence numbers of the records with these ids.</summary>
    protected static long[] Sequences(LeasedBatch batch, params string[] ids) =>
        [.. ids.Select(id => batch.Records.Single(r => r.Record.Id == id).Sequence)];

    /// <summary>Seconds, for short.</summary>
    protected static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    /// <summary>Milliseconds, for short.</summary>
    protected static TimeSpan Milliseconds(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    protected Task Configure(BufferSettings settings) => Within(Service.ConfigureAsync(Pipeline, settings));

    protected Task ConfigureStage(string stage, StageSettings settings) =>
        Within(Service.ConfigureStageAsync(Pipeline, stage, settings));

    protected Task<OfferResult> Offer(
        string id,
        string stage = Stage,
        string source = Source,
        CreditGrant? credits = null,
        int bytes = 1
    ) => Within(Service.BufferForStageAsync(Pipeline, stage, source, Make(id, bytes), credits));

    protected Task<OfferResult> OfferAll(
        ConveyorRecord[] records,
        string stage = Stage,
        string source = Source,
        CreditGrant? credits = null
    ) => Within(Service.BufferBatchForStageAsync(Pipeline, stage, source, records, credits));

    /// <summary>Offers so many records and insists that all are accepted.</summary>
    protected async Task Fill(int count, string stage = Stage, string source = Source, string prefix = "r")
    {
        var answer = await OfferAll(MakeMany(prefix, count), stage, source);
        Assert.Equal((OfferStatus.Accepted, count), (answer.Status, answer.Accepted));
    }

    /// <summary>An offer that is expected to wait; returns once it does.</summary>
    protected async Task<Task<OfferResult>> WaitingOffer(
        ConveyorRecord[] records,
        string stage = Stage,
        string source = Source,
        CancellationToken cancellationToken = default
    )
    {
        var before = (await GetSnapshot()).Stages.SingleOrDefault(s => s.Stage == stage)?.WaitingOffers ?? 0;
        var offer =
            records.Length == 1
                ? Service.BufferForStageAsync(Pipeline, stage, source, records[0], null, cancellationToken).AsTask()
                : Service.BufferBatchForStageAsync(Pipeline, stage, source, records, null, cancellationToken).AsTask();
        await Eventually(GetSnapshot, s => s.Stages.SingleOrDefault(x => x.Stage == stage)?.WaitingOffers > before);
        Assert.False(offer.IsCompleted);
        return offer.WaitAsync(Patience);
    }

    protected Task<LeasedBatch> Lease(
        int max = 100,
        string stage = Stage,
        bool oneSource = false,
        string? consumer = null,
        TimeSpan? timeout = null
    ) =>
        Within(
            Service.GetBatchAsync(
                Pipeline,
                stage,
                new BatchRequest(max)
                {
                    OneSource = oneSource,
                    Consumer = consumer,
                    Timeout = timeout,
                }
            )
        );

    /// <summary>A consumer that is expected to wait; returns once it does.</summary>
    protected async Task<Task<LeasedBatch>> WaitingLease(
        int max = 100,
        string stage = Stage,
        CancellationToken cancellationToken = default
    )
    {
        var before = (await GetSnapshot()).Stages.SingleOrDefault(s => s.Stage == stage)?.WaitingConsumers ?? 0;
        var lease = Service
            .GetBatchAsync(Pipeline, stage, new BatchRequest(max) { Wait = true }, cancellationToken)
            .AsTask();
        await Eventually(GetSnapshot, s => s.Stages.SingleOrDefault(x => x.Stage == stage)?.WaitingConsumers > before);
        Assert.False(lease.IsCompleted);
        return lease.WaitAsync(Patience);
    }

    /// <summary>
    /// Leases again and again until there are so many records: for records that come back by themselves.
    /// </summary>
    protected Task<LeasedBatch> LeaseOnceThere(int count = 1, string stage = Stage) => EventuallyLeased(count, stage);

    protected Task<SettleResult> Complete(LeasedBatch batch, params long[] sequences) =>
        Within(Service.CompleteAsync(Pipeline, batch.Stage, batch.Id, sequences.Length == 0 ? null : sequences));

    protected Task<SettleResult> Return(
        LeasedBatch batch,
        bool charge = true,
        string reason = "failed",
        params long[] sequences
    ) =>
        Within(
            Service.ReturnToBufferAsync(
                Pipeline,
                batch.Stage,
                batch.Id,
                sequences.Length == 0 ? null : sequences,
                reason,
                charge
            )
        );

    protected Task<SettleResult> DeadLetter(LeasedBatch batch, string reason = "rejected", params long[] sequences) =>
        Within(
            Service.DeadLetterAsync(Pipeline, batch.Stage, batch.Id, sequences.Length == 0 ? null : sequences, reason)
        );

    /// <summary>Hops, and insists that all results went over.</summary>
    protected async Task<SettleResult> Hop(LeasedBatch batch, string target, params ConveyorRecord[] results)
    {
        var answer = await Shown(Within(StartHop(batch, target, results)));
        Assert.Equal((SettleStatus.Ok, 0), (answer.Status, answer.Waiting));
        return answer;
    }

    protected Task<SettleResult> StartHop(LeasedBatch batch, string target, params ConveyorRecord[] results) =>
        Service.HopAsync(Pipeline, batch.Stage, batch.Id, null, target, results).AsTask();

    /// <summary>A hop that is expected to wait for room; returns once so many of its results do.</summary>
    protected async Task<Task<SettleResult>> WaitingHop(
        LeasedBatch batch,
        string target,
        int waiting,
        params ConveyorRecord[] results
    )
    {
        var before = (await Total()).Hopping;
        var hop = StartHop(batch, target, results);
        await Eventually(Total, t => t.Hopping - before == waiting);
        Assert.False(hop.IsCompleted);
        return hop.WaitAsync(Patience);
    }

    /// <summary>Leases and completes whatever a stage has now, in one batch.</summary>
    protected async Task<string> Drain(int max = int.MaxValue, string stage = Stage)
    {
        var batch = await Lease(max, stage);
        if (batch.Count > 0)
            Assert.Equal(batch.Count, (await Complete(batch)).Settled);
        return Ids(batch);
    }

    protected Task<BackpressureSignal> SignalNow(string source = Source) =>
        Within(Service.GetSignalAsync(Pipeline, source));

    protected Task<long> Available(string source = Source, string? stage = null) =>
        Within(Service.AvailableCreditsAsync(Pipeline, stage, source));

    protected Task<CreditGrant> Request(
        int records,
        string stage = Stage,
        string source = Source,
        double seconds = 60,
        int bytesPerRecord = 0
    ) => Within(Service.RequestCreditsAsync(Pipeline, stage, source, records, Seconds(seconds), bytesPerRecord));

    protected Task<IReadOnlyList<DeadLetter<ConveyorRecord>>> GetDeadLetters(
        string stage = Stage,
        int max = int.MaxValue
    ) => Within(Service.GetDeadLettersAsync(Pipeline, stage, max));

    protected Task<PipelineSnapshot> GetSnapshot() => Within(Service.GetSnapshotAsync(Pipeline));

    protected async Task<LevelSnapshot> Total() => (await GetSnapshot()).Total;

    protected async Task<StageSnapshot> StageNow(string stage = Stage) =>
        (await GetSnapshot()).Stages.Single(s => s.Stage == stage);

    protected async Task<SourceSnapshot> SourceNow(string source = Source) =>
        (await GetSnapshot()).Sources.Single(s => s.Source == source);

    /// <summary>How many the ledger has for a reason, over all stages and sources.</summary>
    protected async Task<long> Lost(LossReason reason) =>
        (await GetSnapshot()).Losses.Where(r => r.Reason == reason).Sum(r => r.Count);

    /// <summary>Takes a snapshot and insists that it adds up.</summary>
    protected async Task<PipelineSnapshot> AssertConserved()
    {
        var snapshot = await GetSnapshot();
        AssertConserved(snapshot);
        return snapshot;
    }

    /// <summary>
    /// Lets one crew run to its end while another goes round and round; ends the second whatever becomes of the first,
    /// so that a failure does not leave anybody running.
    /// </summary>
    protected async Task While(
        IEnumerable<Func<Task>> crew,
        IEnumerable<Func<CancellationToken, Task>> rounds,
        Func<Task>? andThen = null
    )
    {
        using var done = new CancellationTokenSource();
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var going = rounds
            .Select(round =>
                Task.Run(async () =>
                {
                    try
                    {
                        while (!done.IsCancellationRequested)
                            await round(done.Token);
                    }
                    catch (Exception failure)
                    {
                        failed.TrySetException(failure);
                    }
                })
            )
            .ToArray();
        try
        {
            await await Task.WhenAny(failed.Task, WorkAsync()).WaitAsync(Patience * 3);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"they did not come to an end\n{Described(await GetSnapshot())}");
        }
        finally
        {
            await done.CancelAsync();
        }

        await Shown(
            Task.WhenAll(going)
                .WaitAsync(Patience)
                .ContinueWith(
                    t =>
                    {
                        t.GetAwaiter().GetResult();
                        return true;
                    },
                    TaskScheduler.Default
                )
        );
        if (failed.Task.IsFaulted)
            await failed.Task;

        async Task WorkAsync()
        {
            await Task.WhenAll(crew.Select(Task.Run));
            if (andThen is not null)
                await andThen();
        }
    }

    /// <summary>A wait that, when it comes to no end, shows where everything stands.</summary>
    async Task<T> Shown<T>(Task<T> answer)
    {
        try
        {
            return await answer;
        }
        catch (TimeoutException)
        {
            Assert.Fail($"it did not come to an end\n{Described(await GetSnapshot())}");
            throw;
        }
    }

    async Task<LeasedBatch> EventuallyLeased(int count, string stage)
    {
        await Eventually(
            async () =>
                (await Within(Service.PeekAsync(Pipeline, stage, count))).Count >= count
                && (await StageNow(stage)).Level.Buffered >= count,
            there => there
        );
        return await Eventually(() => Lease(count, stage), batch => batch.Count > 0);
    }

    static string Shown<T>(T answer) =>
        answer is PipelineSnapshot snapshot ? Described(snapshot) : answer?.ToString() ?? "null";
}
