using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Testing;

namespace ConveyorActors.Streams.Tests.Properties;

/// <summary>What may stop a stream.</summary>
enum Stop
{
    UpstreamCompletes,
    UpstreamFails,
    DownstreamCancels,
    DownstreamFails,
    ShutDown,
    Aborted,
    Terminated,
    PipelineStops,
}

/// <summary>
/// One random stream through a buffer, stopped at a random point, and the account of every record afterwards.
/// </summary>
abstract class StopRun : IAsyncDisposable
{
    protected const string Pipeline = "p",
        Stage = "s",
        Source = "u";
    protected static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    readonly EmbeddedBufferService inner;
    readonly BufferSettings limits;
    readonly string drawn;
    readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected StopRun(ActorSystem system, int seed, params Stop[] stops)
    {
        Random = new(seed);
        var isLong = Random.Next(10) == 0; // long enough to be stopped from outside while elements rush through
        Records =
        [
            .. Enumerable
                .Range(1, isLong ? Random.Next(1_000, 5_000) : Random.Next(1, 80))
                .Select(i => new ConveyorRecord($"r{i}", default)),
        ];
        limits = new()
        {
            MaxTotalRecords = isLong ? 10_000 : Random.Next(1, 40),
            MaxPerStage = isLong ? Random.Next(200, 5_000) : Random.Next(1, 30),
            MaxPerSource = isLong ? Random.Next(200, 5_000) : Random.Next(1, 30),
            Stage = new()
            {
                LeaseOrder = (LeaseOrder)Random.Next(2),
                FullMode = (FullMode)Random.Next(2), // Reject or Wait
                Backoff = BackoffSettings.None,
                MaxRetries = 1_000_000,
                Quantum = Random.Next(1, 8),
            },
        };
        SinkSettings = new()
        {
            Credits = Random.Next(1, isLong ? 1_000 : 20),
            BatchSize = Random.Next(1, isLong ? 300 : 10),
        };
        SourceSettings = new() { BatchSize = Random.Next(1, isLong ? 300 : 12), Clock = Clock };
        Stop = stops[Random.Next(stops.Length)];
        At = Random.Next(1, Records.Length + 1);
        inner = new(Clock);
        var isRemote = Random.Next(3) == 0;
        Service = isRemote ? new CountingService(inner, async () => await Task.Yield()) : inner;
        Materializer = ActorMaterializer.Create(
            system,
            ActorMaterializerSettings.Create(system).WithInputBuffer(1, 1 << Random.Next(5))
        );
        drawn =
            $"{Stop} at {At} of {Records.Length}, remote {isRemote}, limits {limits.MaxTotalRecords}/{limits.MaxPerStage}/{limits.MaxPerSource} {limits.Stage.LeaseOrder} "
            + $"{limits.Stage.FullMode}, credits {SinkSettings.Credits}, batches {SinkSettings.BatchSize} and {SourceSettings.BatchSize}";
    }

    protected Random Random { get; }

    /// <summary>Stands still, so that nothing expires unless a run says so.</summary>
    protected FakeClock Clock { get; } = new();

    protected ConveyorRecord[] Records { get; }

    protected BufferSinkSettings SinkSettings { get; }

    protected BufferSourceSettings SourceSettings { get; }

    protected IBufferService Service { get; }

    protected ActorMaterializer Materializer { get; }

    protected Stop Stop { get; }

    protected int At { get; }

    /// <summary>
    /// Records that went in: those that upstream gave to the stage under test, or that a producer offered.
    /// </summary>
    protected List<string> Given { get; } = [];

    /// <summary>Records that the stage under test gave to downstream.</summary>
    protected List<string> Seen { get; } = [];

    public override string ToString() =>
        $"{drawn}; given {Given.Count}, seen {Seen.Count}: {string.Join(' ', Seen.Take(100))}";

    /// <summary>Runs the stream, stops it, and checks the account.</summary>
    public async Task PlayAsync()
    {
        await inner.ConfigureAsync(Pipeline, limits);
        await RunAsync();
    }

    protected abstract Task RunAsync();

    /// <summary>
    /// Waits for the point to stop at, if the stream does not stop by itself, and stops it. Answers what it failed
    /// with.
    /// </summary>
    protected async Task<Exception?> EndAsync(UniqueKillSwitch kill, Task ending)
    {
        if (Stop >= Stop.ShutDown)
            await Task.WhenAny(reached.Task, ending).WaitAsync(Bound);
        switch (Stop)
        {
            case Stop.ShutDown:
                kill.Shutdown();
                break;
            case Stop.Aborted:
                kill.Abort(new IOException("aborted"));
                break;
            case Stop.Terminated:
                Materializer.Shutdown();
                break;
            case Stop.PipelineStops:
                await inner.StopAsync(Pipeline, TimeSpan.Zero);
                break;
        }
        try
        {
            await ending.WaitAsync(Bound);
            return null;
        }
        catch (TimeoutException)
        {
            throw;
        }
        catch (AggregateException e)
        {
            return e.InnerException;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    /// <summary>Upstream as the stop wants it. What it gives is noted right before it goes in.</summary>
    protected Source<ConveyorRecord, UniqueKillSwitch> Upstream()
    {
        var all = Akka.Streams.Dsl.Source.From(Stop == Stop.UpstreamCompletes ? Records.Take(At) : Records);
        if (Random.Next(3) == 0)
            all = all.Async();
        return all.ViaMaterialized(KillSwitches.Single<ConveyorRecord>(), Keep.Right)
            .Select(r =>
            {
                if (Stop == Stop.UpstreamFails && Given.Count == At - 1)
                    throw new IOException("upstream");
                Given.Add(r.Id);
                if (Given.Count == At)
                    reached.TrySetResult();
                return r;
            });
    }

    /// <summary>Downstream as the stop wants it. What it is given is noted as it comes out.</summary>
    protected Sink<ConveyorRecord, Task> Downstream()
    {
        // Where an element is when the stage's actor takes a breath depends on how many stages it has.
        var flow = Flow.Create<ConveyorRecord>().Select(See);
        for (var more = Random.Next(5); more > 0; more--)
            flow = flow.Select(r => r);
        return flow.Take(Stop == Stop.DownstreamCancels ? At : long.MaxValue)
            .ToMaterialized(Sink.Seq<ConveyorRecord>(), (_, ending) => (Task)ending);
    }

    ConveyorRecord See(ConveyorRecord r)
    {
        if (Stop == Stop.DownstreamFails && Seen.Count == At - 1)
            throw new IOException("downstream");
        Seen.Add(r.Id);
        if (Seen.Count == At)
            reached.TrySetResult();
        return r;
    }

    /// <summary>A plain consumer: what it took and completed, until it is told to end.</summary>
    protected async Task<List<string>> ConsumeAsync(CancellationToken end)
    {
        var consumed = new List<string>();
        try
        {
            while (await inner.GetBatchAsync(Pipeline, Stage, new(5) { Wait = true }, end) is { Count: > 0 } batch)
            {
                consumed.AddRange(batch.Records.Select(r => r.Record.Id));
                Assert.True((await inner.CompleteAsync(Pipeline, Stage, batch.Id, null, CancellationToken.None)).IsOk);
            }
        }
        catch (OperationCanceledException) { }
        return consumed;
    }

    /// <summary>A plain producer: offers records as there is room, until it is told to end or has no more.</summary>
    protected async Task ProduceAsync(CancellationToken end)
    {
        try
        {
            foreach (var record in Records)
            {
                var credit = await inner.WaitForCreditsAsync(Pipeline, Stage, Source, 1, TimeSpan.FromHours(1), 0, end);
                if (credit.Records == 0)
                    return;
                if (
                    (
                        await inner.BufferForStageAsync(Pipeline, Stage, Source, record, credit, CancellationToken.None)
                    ).IsAccepted
                )
                    Given.Add(record.Id);
                else
                    // it has stopped meanwhile
                    await inner.GiveBackCreditsAsync(Pipeline, credit, CancellationToken.None);
            }
        }
        catch (OperationCanceledException) { }
    }

    /// <summary>
    /// Everything adds up, and neither credits nor leases are out. What a remote service still has to be told may take
    /// its time.
    /// </summary>
    /// <param name="stray">How many records may be in leases.</param>
    protected async Task<LevelSnapshot> NothingIsOutAsync(int stray = 0)
    {
        using var patience = new CancellationTokenSource(Bound);
        while (true)
        {
            var snapshot = await inner.GetSnapshotAsync(Pipeline);
            Assert.True(snapshot.IsConserved, $"not conserved: {snapshot}");
            if (
                snapshot.Total.Granted == 0
                && snapshot.Total.InFlight <= stray
                && snapshot.Stages.All(s => s.Leases.Count <= stray)
            )
                return snapshot.Total;
            Assert.False(
                patience.IsCancellationRequested,
                $"left out: {snapshot.Total.Granted} credits, {snapshot.Total.InFlight} records in leases"
            );
            await Task.Delay(1, CancellationToken.None);
        }
    }

    /// <summary>
    /// What was left in the stage, in order and each once, and what all came to without taking it out. A stream that
    /// has ended may still be handing back a batch that was on its way to it: so it is looked again until nothing is
    /// pending.
    /// </summary>
    protected async Task<(List<string> Left, int Accepted, int Completed)> AccountAsync()
    {
        var left = new List<BufferedRecord<ConveyorRecord>>();
        for (var calm = 0; calm < (Stop == Stop.Terminated ? 3 : 1); calm++)
        {
            while ((await NothingIsOutAsync()).Pending > 0)
            {
                calm = -1;
                var batch = await inner.GetBatchAsync(Pipeline, Stage, new(1_000));
                left.AddRange(batch.Records);
                await inner.CompleteAsync(Pipeline, Stage, batch.Id);
            }
            if (Stop == Stop.Terminated)
                await Task.Delay(1);
        }
        // Where leases may share a source, this one may have come between a batch that was handed back.
        if (limits.Stage.LeaseOrder == LeaseOrder.Shared)
            left.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
        var total = await NothingIsOutAsync();
        string[] ids = [.. left.Select(r => r.Record.Id)];
        Assert.Equal(ids.Distinct(), ids);
        return ([.. ids], (int)total.Accepted, (int)total.Completed - ids.Length);
    }

    public async ValueTask DisposeAsync()
    {
        Materializer.Dispose();
        await inner.DisposeAsync();
    }
}
