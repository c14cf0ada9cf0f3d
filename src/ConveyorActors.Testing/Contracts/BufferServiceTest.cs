using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>
/// The base class for tests of one service: provides a clock that only tests advance, a pipeline that no other test
/// uses, and common test steps, each with a bounded wait.
/// </summary>
/// <remarks>Conservation is also checked after each test.</remarks>
public abstract class BufferServiceTest : BoundedWaits, IAsyncLifetime
{
    /// <summary>The stage and the source of tests that need only one.</summary>
    protected const string Stage = "filter",
        Source = "kafka-1";

    /// <summary>Gets the service's clock.</summary>
    protected FakeClock Clock { get; } = new();

    /// <summary>Gets the service under test.</summary>
    protected IBufferService Service { get; private set; } = null!;

    /// <summary>Gets a pipeline name that no other test uses.</summary>
    protected string Pipeline { get; } = $"analytics-{Guid.NewGuid():N}";

    /// <summary>Creates the implementation under test. It must take all time from the clock.</summary>
    protected abstract ValueTask<IBufferService> CreateAsync(TimeProvider clock);

    /// <summary>Creates the service.</summary>
    public async Task InitializeAsync() => Service = await Within(CreateAsync(Clock));

    /// <summary>Checks that every pipeline of the test conserves its records, and disposes the service.</summary>
    public async Task DisposeAsync()
    {
        foreach (var pipeline in await Within(Service.GetPipelinesAsync()))
        {
            if (pipeline.StartsWith(Pipeline, StringComparison.Ordinal))
                (await Within(Service.GetSnapshotAsync(pipeline))).ShouldConserve(limitsWereLowered: true);
        }

        await Within(Service.DisposeAsync().AsTask());
    }

    /// <summary>Returns a record whose payload has the given number of bytes.</summary>
    protected static ConveyorRecord Make(string id, int bytes = 1) => new(id, new byte[bytes]);

    /// <summary>Returns records with the ids a1, a2, ... for the prefix a.</summary>
    protected static ConveyorRecord[] MakeMany(string prefix, int count, int first = 1) =>
        [.. Enumerable.Range(first, count).Select(i => Make($"{prefix}{i}"))];

    /// <summary>Returns the ids of a batch, in order, separated by blanks.</summary>
    protected static string Ids(LeasedBatch batch) => Ids(batch.Records);

    /// <summary>Returns the ids of records, in order, separated by blanks.</summary>
    protected static string Ids(IEnumerable<BufferedRecord<ConveyorRecord>> records) =>
        string.Join(' ', records.Select(r => r.Record.Id));

    /// <summary>Returns the sequences of the records with the given ids.</summary>
    protected static long[] Sequences(LeasedBatch batch, params string[] ids) =>
        [.. ids.Select(id => batch.Records.Single(r => r.Record.Id == id).Sequence)];

    /// <summary>Sets the limits of the pipeline.</summary>
    protected Task Configure(BufferSettings settings) => Within(Service.ConfigureAsync(Pipeline, settings));

    /// <summary>Sets the settings of a stage.</summary>
    protected Task ConfigureStage(string stage, StageSettings settings) =>
        Within(Service.ConfigureStageAsync(Pipeline, stage, settings));

    /// <summary>Offers one record.</summary>
    protected Task<OfferResult> Offer(
        string id,
        string stage = Stage,
        string source = Source,
        CreditGrant? credits = null,
        int bytes = 1
    ) => Within(Service.BufferForStageAsync(Pipeline, stage, source, Make(id, bytes), credits));

    /// <summary>Offers records, in order.</summary>
    protected Task<OfferResult> OfferAll(
        ConveyorRecord[] records,
        string stage = Stage,
        string source = Source,
        CreditGrant? credits = null
    ) => Within(Service.BufferBatchForStageAsync(Pipeline, stage, source, records, credits));

    /// <summary>Offers the given number of records and asserts that all are accepted.</summary>
    protected async Task Fill(int count, string stage = Stage, string source = Source, string prefix = "r")
    {
        var answer = await OfferAll(MakeMany(prefix, count), stage, source);
        Assert.Equal((OfferStatus.Accepted, count), (answer.Status, answer.Accepted));
    }

    /// <summary>Makes an offer that is expected to wait, and returns once it does.</summary>
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
        return offer.WaitAsync(MaxWait);
    }

    /// <summary>Leases up to the given number of records, without waiting.</summary>
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

    /// <summary>Starts a request for a lease that is expected to wait, and returns once it does.</summary>
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
        return lease.WaitAsync(MaxWait);
    }

    /// <summary>
    /// Leases repeatedly until the given number of records is available: for records that return by themselves.
    /// </summary>
    protected Task<LeasedBatch> LeaseOnceThere(int count = 1, string stage = Stage) => LeaseEventually(count, stage);

    /// <summary>Completes all records of a lease, or those with the given sequences.</summary>
    protected Task<SettleResult> Complete(LeasedBatch batch, params long[] sequences) =>
        Within(Service.CompleteAsync(Pipeline, batch.Stage, batch.Id, sequences.Length == 0 ? null : sequences));

    /// <summary>Returns all records of a lease, or those with the given sequences.</summary>
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

    /// <summary>Dead-letters all records of a lease, or those with the given sequences.</summary>
    protected Task<SettleResult> DeadLetter(LeasedBatch batch, string reason = "rejected", params long[] sequences) =>
        Within(
            Service.DeadLetterAsync(Pipeline, batch.Stage, batch.Id, sequences.Length == 0 ? null : sequences, reason)
        );

    /// <summary>Makes a hop and asserts that all results have arrived.</summary>
    protected async Task<SettleResult> Hop(LeasedBatch batch, string target, params ConveyorRecord[] results)
    {
        var answer = await DescribeTimeoutAsync(Within(StartHop(batch, target, results)));
        Assert.Equal((SettleStatus.Ok, 0), (answer.Status, answer.Waiting));
        return answer;
    }

    /// <summary>
    /// Starts a hop of a whole lease to another stage with the given results; the hop may wait for room.
    /// </summary>
    protected Task<SettleResult> StartHop(LeasedBatch batch, string target, params ConveyorRecord[] results) =>
        Service.HopAsync(Pipeline, batch.Stage, batch.Id, null, target, results).AsTask();

    /// <summary>
    /// Makes a hop that is expected to wait for room, and returns once the expected number of its results wait.
    /// </summary>
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
        return hop.WaitAsync(MaxWait);
    }

    /// <summary>Leases and completes all records that a stage has now, in one batch.</summary>
    protected async Task<string> Drain(int max = int.MaxValue, string stage = Stage)
    {
        var batch = await Lease(max, stage);
        if (batch.Count > 0)
            Assert.Equal(batch.Count, (await Complete(batch)).Settled);
        return Ids(batch);
    }

    /// <summary>Returns the signal that a source should follow now.</summary>
    protected Task<BackpressureSignal> SignalNow(string source = Source) =>
        Within(Service.GetSignalAsync(Pipeline, source));

    /// <summary>Returns how many records a source could reserve now.</summary>
    protected Task<long> Available(string source = Source, string? stage = null) =>
        Within(Service.AvailableCreditsAsync(Pipeline, stage, source));

    /// <summary>Requests credits.</summary>
    protected Task<CreditGrant> Request(
        int records,
        string stage = Stage,
        string source = Source,
        double seconds = 60,
        int bytesPerRecord = 0
    ) => Within(Service.RequestCreditsAsync(Pipeline, stage, source, records, Seconds(seconds), bytesPerRecord));

    /// <summary>Returns a stage's dead letters, oldest first.</summary>
    protected Task<IReadOnlyList<DeadLetter<ConveyorRecord>>> GetDeadLetters(
        string stage = Stage,
        int max = int.MaxValue
    ) => Within(Service.GetDeadLettersAsync(Pipeline, stage, max));

    /// <summary>Returns all numbers of the pipeline.</summary>
    protected Task<PipelineSnapshot> GetSnapshot() => Within(Service.GetSnapshotAsync(Pipeline));

    /// <summary>Returns the numbers of the manager.</summary>
    protected async Task<LevelSnapshot> Total() => (await GetSnapshot()).Total;

    /// <summary>Returns the numbers of a stage, which must exist.</summary>
    protected async Task<StageSnapshot> StageNow(string stage = Stage) =>
        (await GetSnapshot()).Stages.Single(s => s.Stage == stage);

    /// <summary>Returns the numbers of a source, which must exist.</summary>
    protected async Task<SourceSnapshot> SourceNow(string source = Source) =>
        (await GetSnapshot()).Sources.Single(s => s.Source == source);

    /// <summary>Returns the number of records in the ledger for a reason, over all stages and sources.</summary>
    protected async Task<long> Lost(LossReason reason) =>
        (await GetSnapshot()).Losses.Where(r => r.Reason == reason).Sum(r => r.Count);

    /// <summary>Holds a source or a stage, as an operator does.</summary>
    protected Task<bool> Pause(HoldTarget target, string name) => Within(Service.PauseAsync(Pipeline, target, name));

    /// <summary>Lifts a hold.</summary>
    protected Task<bool> Resume(HoldTarget target, string name) => Within(Service.ResumeAsync(Pipeline, target, name));

    /// <summary>Reports that the consumer of a lease has died.</summary>
    protected Task<SettleResult> Abandon(LeasedBatch batch, string reason = "the consumer died") =>
        Within(Service.AbandonAsync(Pipeline, batch.Stage, batch.Id, reason));

    /// <summary>Begins a stop, and returns once offers are refused.</summary>
    protected async Task<Task<StopReport>> Stopping(TimeSpan deadline)
    {
        var stop = Service.StopAsync(Pipeline, deadline).AsTask();
        await Eventually(GetSnapshot, s => s.State == "Draining");
        Assert.False(stop.IsCompleted);
        return stop.WaitAsync(MaxWait);
    }

    /// <summary>Takes a snapshot and asserts that it adds up.</summary>
    protected async Task<PipelineSnapshot> AssertConserved()
    {
        var snapshot = await GetSnapshot();
        snapshot.ShouldConserve();
        return snapshot;
    }

    /// <summary>
    /// Runs one crew to its end while another repeats its rounds; ends the second crew even if the first one fails, so
    /// that no task is left running.
    /// </summary>
    protected async Task While(
        IEnumerable<Func<Task>> workers,
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
            await await Task.WhenAny(failed.Task, WorkAsync()).WaitAsync(MaxWait * 3);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"they did not come to an end\n{SnapshotText.Format(await GetSnapshot())}");
        }
        finally
        {
            await done.CancelAsync();
        }

        await DescribeTimeoutAsync(
            Task.WhenAll(going)
                .WaitAsync(MaxWait)
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
            await Task.WhenAll(workers.Select(Task.Run));
            if (andThen is not null)
                await andThen();
        }
    }

    /// <summary>
    /// Waits for a task and, if it does not end in time, fails with the current numbers of the pipeline.
    /// </summary>
    async Task<T> DescribeTimeoutAsync<T>(Task<T> answer)
    {
        try
        {
            return await answer;
        }
        catch (TimeoutException)
        {
            Assert.Fail($"it did not come to an end\n{SnapshotText.Format(await GetSnapshot())}");
            throw;
        }
    }

    async Task<LeasedBatch> LeaseEventually(int count, string stage)
    {
        await Eventually(
            async () =>
                (await Within(Service.PeekAsync(Pipeline, stage, count))).Count >= count
                && (await StageNow(stage)).Level.Buffered >= count,
            there => there
        );
        return await Eventually(() => Lease(count, stage), batch => batch.Count > 0);
    }
}
