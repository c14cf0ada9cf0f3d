using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Commands;
using ConveyorActors.Pipelines.Headers;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Stages;

/// <summary>A stage during a run: its workers and the state they share.</summary>
sealed class StageRun
{
    static readonly LeasedBatch NoLease = new(0, "", default, []);

    readonly HeaderRegistry? registry;
    readonly BatchLinger linger;
    readonly SemaphoreSlim lingering = new(1, 1),
        leasing = new(1, 1);
    long commands,
        linesGiven;

    public StageRun(RunContext run, int index, HeaderRegistry? registry)
    {
        (Run, Index, this.registry) = (run, index, registry);
        Definition = run.Definition.Stages[index];
        Batch = new BatchSize(Definition.Batch);
        linger = new(run, Definition, run.Producers[index], Batch);
        SilentFailures = new(Definition, run.Control);
        Target = run.GetNextStage(index);
        Command = new ShellCommand(Definition, run.Clock, run.Remarks, run.LineEnd);
        if (run.Definition.KeepOrder && Definition.Workers > 1)
            Gate = new OrderGate();
        Settings = new StageSettings
        {
            FullMode = Definition.FullMode,
            LeaseOrder = Definition.Workers == 1 ? LeaseOrder.OneLeasePerSource : LeaseOrder.Shared,
            LeaseTimeout = run.Definition.LeaseTimeout,
            MaxRetries = Definition.Retries,
            Backoff = Definition.Backoff,
            Quantum = Math.Min(Definition.Batch ?? BatchSize.MaxLines, 1_000_000),
            MaxDeadLetters = run.Buffers.IsDurable ? PipelineRunner.DeadLettersOnDisk : PipelineRunner.DeadLettersKept,
            MaxDeadLetterBytes = Math.Max(PipelineRunner.DeadLetterBytes, run.Definition.Limits.MaxTotalBytes ?? 0),
        };
    }

    public RunContext Run { get; }

    /// <summary>Gets the index of the stage.</summary>
    public int Index { get; }
    public StageDefinition Definition { get; }

    /// <summary>Gets the producers of the next stage's lines, which are the workers of this one.</summary>
    public LineProducers NextProducers => Run.Producers[Index + 1];

    /// <summary>Gets the object that decides how many lines the next command gets.</summary>
    public BatchSize Batch { get; }

    /// <summary>Gets the stage that gets the results.</summary>
    public string Target { get; }
    public ShellCommand Command { get; }

    /// <summary>
    /// Gets the gate that keeps the order; null if none is needed, because there is only one worker or the order need
    /// not be kept.
    /// </summary>
    public OrderGate? Gate { get; }

    /// <summary>Gets whether a source's lines leave the stage in the order in which they came.</summary>
    public bool KeepsOrder => Definition.Workers == 1 || Gate is not null;

    /// <summary>Gets the knowledge that the stage's workers share about the command.</summary>
    public StageHealth Health { get; } = new();

    /// <summary>Gets the count of the lines that failed without a message.</summary>
    public SilentFailures SilentFailures { get; }

    /// <summary>Gets the numbers of commands started and of lines given to them.</summary>
    public StageCommands Commands =>
        new(Definition.Name, Interlocked.Read(ref commands), Interlocked.Read(ref linesGiven));

    /// <summary>Gets the settings of the stage's buffer.</summary>
    public StageSettings Settings { get; }

    /// <summary>
    /// Gives lines of one source to the command, with the source's header before them. If the run ends first, the
    /// result is that of a killed command.
    /// </summary>
    /// <param name="source">The source of the lines.</param>
    /// <param name="lines">The lines to process.</param>
    /// <param name="persistent">
    /// The worker's own command, if the stage's commands are persistent; otherwise null.
    /// </param>
    public async Task<CommandResult> RunCommandAsync(
        string source,
        ReadOnlyMemory<ConveyorRecord> lines,
        PersistentCommand? persistent
    )
    {
        if (persistent is null)
            Interlocked.Increment(ref commands);
        Interlocked.Add(ref linesGiven, lines.Length);
        var kill = Run.Control.Killing;
        Task<CommandResult> RunAsync(CommandHeader? header) =>
            persistent?.RunAsync(lines, kill, header) ?? Command.RunAsync(lines, kill, header);
        if (registry?.GetHeaders(source) is not { } headers)
            return await RunAsync(null).ConfigureAwait(false);
        if (await headers.GetCommandHeaderAsync(Index, kill).ConfigureAwait(false) is not { } header)
            return new(CommandEnd.Killed, 0, "the run ended before its header was known", default);
        var result = await RunAsync(header).ConfigureAwait(false);
        if (result is { End: CommandEnd.Done, PassesHeader: true })
            await headers.RecordPassedOnAsync(Index, header).ConfigureAwait(false);
        return result;
    }

    /// <summary>Runs all workers until the pipeline has stopped or the run ends early.</summary>
    public async Task RunAsync()
    {
        await using var stop = Run.Control.Ending.Register(() => Gate?.Stop()).ConfigureAwait(false);
        await Task.WhenAll(
                Enumerable
                    .Range(1, Definition.Workers)
                    .Select(n => Task.Run(() => WorkAsync($"stage {Definition.Name} worker {n}")))
            )
            .ConfigureAwait(false);
    }

    async Task WorkAsync(string consumer)
    {
        await using var persistent = Definition.IsPersistent ? CreatePersistentCommand() : null;
        try
        {
            while (!Run.Control.Ending.IsCancellationRequested)
            {
                await Health.WaitUntilReadyAsync(Run.Control.Ending).ConfigureAwait(false);
                if (await LeaseAsync(consumer, persistent).ConfigureAwait(false) is not { } work)
                    return;
                NextProducers.BeginWork();
                try
                {
                    await work.RunAsync().ConfigureAwait(false);
                }
                finally
                {
                    NextProducers.EndWork();
                }
            }
        }
        catch (OperationCanceledException) when (Run.Control.Ending.IsCancellationRequested)
        {
            // The worker was waiting for a lease, so it holds nothing.
        }
        catch (Exception e)
        {
            Run.Control.Fail($"stage '{Definition.Name}' failed unexpectedly: {e.Message}");
        }
    }

    PersistentCommand CreatePersistentCommand() =>
        new(Definition, Run.Clock, Run.Remarks, Run.LineEnd)
        {
            Started = () => Interlocked.Increment(ref commands),
            StopDeadline = Run.Definition.StopDeadline,
            Ending = Run.Control.Ending,
            Killing = Run.Control.Killing,
            Warn = text => Run.Control.Warn($"stage '{Definition.Name}': {text}"),
            // Results may belong to other lines. The run must not go on to settle more of them, nor count as successful.
            OutOfStep = text => Run.Control.Fail($"stage '{Definition.Name}': {text}"),
            WroteMore = text => Run.Control.AddError($"stage '{Definition.Name}': {text}"),
        };

    /// <summary>Returns the next lease; null when the pipeline has stopped.</summary>
    async ValueTask<LeaseWork?> LeaseAsync(string consumer, PersistentCommand? persistent)
    {
        // One worker at a time, so that it gets the batch that it has waited for.
        await lingering.WaitAsync(Run.Control.Ending).ConfigureAwait(false);
        try
        {
            await linger.WaitAsync().ConfigureAwait(false);
            return await LeaseNowAsync(consumer, persistent).ConfigureAwait(false);
        }
        finally
        {
            lingering.Release();
        }
    }

    async ValueTask<LeaseWork?> LeaseNowAsync(string consumer, PersistentCommand? persistent)
    {
        var request = new BatchRequest(Batch.Lines)
        {
            Wait = true,
            OneSource = true,
            Consumer = consumer,
        };
        // With a gate, one worker leases at a time, so that leases are registered in the order in which they are given.
        if (Gate is not null)
            await leasing.WaitAsync(Run.Control.Ending).ConfigureAwait(false);
        try
        {
            var lease = await Run
                .Buffers.GetBatchAsync(Run.Pipeline, Definition.Name, request, Run.Control.Ending)
                .ConfigureAwait(false);
            return lease.Count == 0 ? null : new LeaseWork(this, lease, persistent);
        }
        finally
        {
            if (Gate is not null)
                leasing.Release();
        }
    }

    /// <summary>Leases more lines for a look ahead; empty if there are none now.</summary>
    public async ValueTask<LeasedBatch> LeaseAheadAsync(BatchRequest request)
    {
        // A worker that waits for lines holds this lock, so there are no lines to lease.
        if (Gate is not null && !await leasing.WaitAsync(0, Run.Control.Ending).ConfigureAwait(false))
            return NoLease;
        try
        {
            var lease = await Run
                .Buffers.GetBatchAsync(Run.Pipeline, Definition.Name, request, CancellationToken.None)
                .ConfigureAwait(false);
            if (Gate is not null)
                foreach (var source in lease.Records.GroupBy(r => r.SourceId))
                    Gate.Register(source.Key, [.. source.Select(r => r.Sequence)]);
            return lease;
        }
        finally
        {
            if (Gate is not null)
                leasing.Release();
        }
    }
}
