using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Commands;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Headers;
using ConveyorActors.Pipelines.Runner;
using ConveyorActors.Pipelines.Running;
using ConveyorActors.Pipelines.Sinks;
using ConveyorActors.Pipelines.Sources;
using ConveyorActors.Pipelines.Sources.Following;
using ConveyorActors.Pipelines.Stages;

namespace ConveyorActors.Pipelines;

/// <summary>Runs a pipeline from its sources to its sink.</summary>
/// <remarks>A runner runs once. Runs on the same buffers at the same time need different pipeline names.</remarks>
public sealed class PipelineRunner
{
    /// <summary>The name of the sink's buffer among the stages of a snapshot. No stage may have this name.</summary>
    public const string SinkStage = "(sink)";

    internal const int DeadLettersKept = 100;

    /// <summary>Maximum dead letters kept per stage if the buffers are on disk.</summary>
    internal const int DeadLettersOnDisk = 10_000;

    /// <summary>
    /// Maximum bytes of dead letters kept per stage; the limit of bytes for records applies if it is higher.
    /// </summary>
    internal const long DeadLetterBytes = 64L << 20;

    /// <summary>The time that a run which is stopped before it has begun waits for its files to open.</summary>
    static readonly TimeSpan OpeningGrace = TimeSpan.FromMilliseconds(500);

    readonly RunContext run;
    readonly RunControl control = new();
    readonly HeaderRegistry? headers;
    readonly SourceHistory sourceHistory;
    readonly SinkHistory sinkHistory;
    readonly FollowScope follow;
    readonly RunFiles opener;
    readonly RunEnd end;
    readonly ReportedDamage damage;
    volatile IReadOnlyList<ISourceReader> readers = [];
    IReadOnlyList<StageRun> working = [];
    LineSink? sink;
    long started,
        finished;
    int runs;
    long lostBefore,
        deadLettersBefore;
    volatile bool isSinkWaiting;
    bool isSinkUntouched;
    long? sinkLength;

    /// <summary>Initializes a run; nothing is opened yet.</summary>
    /// <param name="buffers">The service that keeps the pipeline's buffers.</param>
    /// <param name="definition">The pipeline to run.</param>
    /// <param name="clock">The clock for delays, timeouts and the time a run takes.</param>
    public PipelineRunner(IBufferService buffers, PipelineDefinition definition, TimeProvider clock)
    {
        var deadLetters = new DeadLetterFile(definition.DeadLetterPath, clock, control);
        run = new RunContext(buffers, DefinitionCheck.WithBytesBounded(definition), clock, control, deadLetters);
        headers = definition.HasHeader ? new HeaderRegistry(run) : null;
        sourceHistory = new(run);
        sinkHistory = new(run);
        follow = new(run, sourceHistory, headers);
        opener = new(run, follow, sinkHistory);
        end = new(run);
        damage = new(buffers, definition.Name);
    }

    PipelineDefinition Definition => run.Definition;

    /// <summary>
    /// Sets the function that reads all records waiting for the sink from the disk; null: all of them are in memory.
    /// </summary>
    internal Func<IEnumerable<ReadOnlyMemory<byte>>>? WaitingForSink
    {
        init => sinkHistory.Waiting = value;
    }

    /// <summary>
    /// Sets the function that is called at once with each problem of a followed source, such as lost data. The report
    /// contains the problems too.
    /// </summary>
    internal Action<string>? Reported
    {
        init => follow.Reported = value;
    }

    /// <summary>
    /// Sets the function that returns a sentence for each damage found in the data directory so far. Damage that no
    /// earlier run has reported changes the outcome of the run.
    /// </summary>
    internal Func<IReadOnlyList<string>> FindDamage
    {
        init => damage.Find = value;
    }

    /// <summary>
    /// Sets the file in the data directory that records what is about to be written to the sink; null: none.
    /// </summary>
    internal string? SinkPlanPath
    {
        init => sinkHistory.PlanPath = value;
    }

    /// <summary>Runs until every line is settled, the run cannot continue, or it is cancelled.</summary>
    /// <param name="stop">
    /// Cancel to stop cleanly: no new lines are read, running commands may finish until the deadline, and the report
    /// shows what remained.
    /// </param>
    /// <exception cref="PipelineInputException">
    /// The run cannot begin: a source, the sink or the dead-letter file cannot be opened, or a name is not allowed.
    /// </exception>
    public async Task<RunReport> RunAsync(CancellationToken stop)
    {
        if (Interlocked.Exchange(ref runs, 1) != 0)
            throw new InvalidOperationException("This runner has already run; create a new one.");
        await PrepareAsync().ConfigureAwait(false);
        if (await ValidateCommandsAsync(stop).ConfigureAwait(false) is { } why)
        {
            control.Fail(why);
            return Report(await GetProgressAsync().ConfigureAwait(false));
        }
        if (await OpenAsync(stop).ConfigureAwait(false) is not { } opened)
            return Report(await GetProgressAsync().ConfigureAwait(false));
        using var files = opened;
        return await RunAsync(files, stop).ConfigureAwait(false);
    }

    /// <summary>Returns the current progress of the run. Safe for use by many threads.</summary>
    public async ValueTask<RunProgress> GetProgressAsync()
    {
        var snapshot = await run.Buffers.GetSnapshotAsync(run.Pipeline).ConfigureAwait(false);
        var now = readers;
        var sources = now.Select(r => r.Progress).ToArray();
        return new RunProgress(
            snapshot,
            sources,
            sources.Sum(s => s.LinesRead),
            sink?.LinesWritten ?? 0,
            now.Sum(r => r.LinesTooLong),
            Elapsed
        )
        {
            Remarks = run.Remarks.All,
            Paused = run.Pauses.Now,
            Hints = [.. working.Select(s => s.SilentFailures.Hint).OfType<string>()],
            Commands = [.. working.Select(s => s.Commands)],
            WaitingFor =
            [
                .. WaitingForMatches,
                .. now.Select(r => r.WaitingFor).OfType<string>(),
                .. isSinkWaiting ? [$"a reader of {Definition.Sink.Path}"] : Array.Empty<string>(),
            ],
        };
    }

    IEnumerable<string> WaitingForMatches =>
        started == 0 || readers.Count > 0 ? [] : Definition.Patterns.Select(p => $"a file that matches {p.Pattern}");

    TimeSpan Elapsed =>
        started == 0 ? TimeSpan.Zero
        : finished == 0 ? run.Clock.GetElapsedTime(started)
        : run.Clock.GetElapsedTime(started, finished);

    /// <summary>Checks the definition and the state that an earlier run has left, and configures the buffers.</summary>
    async Task PrepareAsync()
    {
        DefinitionCheck.Validate(Definition);
        working = CreateStages();
        headers?.SetCommands([.. working.Select(s => s.Command)]);
        started = run.Clock.GetTimestamp();
        // Take the snapshot before the limits are set: records too large for the new limits are lost by this run.
        var snapshot = await run.Buffers.GetSnapshotAsync(run.Pipeline).ConfigureAwait(false);
        var total = snapshot.Total;
        await damage.ReadAsync().ConfigureAwait(false);
        lostBefore = total.Dropped - ReportedDamage.CountDamaged(snapshot) + total.DeadLettered + total.Expired;
        deadLettersBefore = total.DeadLettered;
        await ConfigureAsync().ConfigureAwait(false);
        await sinkHistory.CheckAsync(await run.Earlier.CheckAsync().ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>Opens the files; null: the run was stopped before they were open.</summary>
    async Task<OpenFiles?> OpenAsync(CancellationToken stop)
    {
        // Opening a named pipe waits for its other end, possibly forever.
        var opening = Task.Run(opener.OpenAsync, CancellationToken.None);
        isSinkWaiting = Definition.Sink.Path != "-" && FileFacts.IsPipe(Definition.Sink.Path);
        try
        {
            await opening.WaitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            control.Interrupt();
            var closing = opening.ContinueWith(
                late => opener.Close(late.Result),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion,
                TaskScheduler.Default
            );
            // Opening anything but a pipe finishes soon, and the files must be closed before the next run begins.
            await Task.WhenAny(closing, Task.Delay(OpeningGrace, TimeProvider.System, CancellationToken.None))
                .ConfigureAwait(false);
            return null;
        }
        var files = await opening.ConfigureAwait(false);
        isSinkWaiting = false;
        return files;
    }

    async Task<RunReport> RunAsync(OpenFiles files, CancellationToken stop)
    {
        readers = [.. files.Sources.Select(s => new SourceReader(run, s, sourceHistory, headers)), .. files.Followed];
        sink = new LineSink(run, files.Output, sinkHistory, headers);
        run.OpenSources = () =>
            control.Reading.IsCancellationRequested
                ? []
                : [.. readers.Select(r => r.Progress).Where(p => !p.AtEnd).Select(p => p.Name)];
        var writing = await WorkAsync(files, sink, stop).ConfigureAwait(false);
        foreach (var reader in readers)
            reader.Dispose();
        if (control.Outcome is null)
            await opener.FinishAsync(files.Output).ConfigureAwait(false);
        if (writing.IsCompleted)
            await sinkHistory.CloseAsync(files.Output).ConfigureAwait(false);
        (isSinkUntouched, sinkLength) = (files.Output.IsUntouched, files.Output.FileLength);
        opener.Close(files);
        var isKept = await run.Buffers.FlushAsync(run.Pipeline).ConfigureAwait(false);
        if (!isKept)
            control.AddError("the last results cannot be written to the data directory");
        finished = run.Clock.GetTimestamp();
        var report = Report(await GetProgressAsync().ConfigureAwait(false)) with { IsKept = isKept };
        if (report is { Outcome: RunOutcome.SomeLost, IsDamaged: true })
            await damage.StoreAsync(report.Progress.Snapshot).ConfigureAwait(false);
        return report;
    }

    /// <summary>
    /// Reads, works and writes until the end of the run. Returns the task of the sink, which may still be writing if the
    /// run ended early.
    /// </summary>
    async Task<Task> WorkAsync(OpenFiles files, LineSink writer, CancellationToken stop)
    {
        await using var stopping = stop.Register(end.Stop).ConfigureAwait(false);
        var writing = Task.Run(writer.RunAsync);
        var work = Task.WhenAll(working.Select(s => s.RunAsync()));
        Task[] reading = [.. readers.Select(r => Task.Run(() => ReadAsync(r))), WatchAsync(files.Followed)];
        var reads = Task.WhenAll(reading);
        await Task.WhenAny(end.FinishAsync(reads, writer), control.Ended).ConfigureAwait(false);
        if (control.Ended.IsCompleted)
            await end.EndEarlyAsync(reads, work, writing, writer).ConfigureAwait(false);
        else
            await Task.WhenAll(work, writing).ConfigureAwait(false);
        // Everything that was read has passed through, but the user has stopped the run.
        if (control.Reading.IsCancellationRequested)
            control.Interrupt();
        return writing;
    }

    /// <summary>Watches for files that come to match a pattern, and makes them sources.</summary>
    Task WatchAsync(IReadOnlyList<FollowReader> first) =>
        Definition.Patterns.Count == 0
            ? Task.CompletedTask
            : Task.Run(() =>
                new PatternWatch(
                    run,
                    follow,
                    first,
                    reader =>
                    {
                        readers = [.. readers, reader];
                        return Task.Run(() => ReadAsync(reader));
                    }
                ).RunAsync()
            );

    async Task ReadAsync(ISourceReader reader)
    {
        try
        {
            await reader.RunAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            control.Fail($"source '{reader.Progress.Name}' failed unexpectedly: {e.Message}");
        }
    }

    /// <summary>
    /// Returns the reason why a stage's command cannot be started; null: all can be started. Called before a file is
    /// opened or emptied.
    /// </summary>
    async Task<string?> ValidateCommandsAsync(CancellationToken stop)
    {
        foreach (var stage in Definition.Stages)
            if (await CommandCheck.ValidateAsync(stage, run.Clock, stop).ConfigureAwait(false) is { } why)
                return $"stage '{stage.Name}': {why}";
        return null;
    }

    async Task ConfigureAsync()
    {
        await run.Buffers.ConfigureAsync(run.Pipeline, Definition.Limits).ConfigureAwait(false);
        foreach (var stage in working)
            await run
                .Buffers.ConfigureStageAsync(run.Pipeline, stage.Definition.Name, stage.Settings)
                .ConfigureAwait(false);
        var settings = new StageSettings
        {
            FullMode = FullMode.Wait,
            LeaseTimeout = Definition.LeaseTimeout,
            Backoff = BackoffSettings.None,
            MaxRetries = 1_000_000,
            Quantum = 1024,
        };
        await run.Buffers.ConfigureStageAsync(run.Pipeline, SinkStage, settings).ConfigureAwait(false);
    }

    RunReport Report(RunProgress progress)
    {
        var (snapshot, total) = (progress.Snapshot, progress.Snapshot.Total);
        var before = lostBefore + damage.CountReported(snapshot);
        var isDamaged = damage.HasNew(snapshot);
        var lost = isDamaged || total.Dropped + total.DeadLettered + total.Expired - before + progress.LinesTooLong > 0;
        var outcome =
            control.Outcome
            ?? (
                control.Error is not null ? RunOutcome.Failed
                : lost ? RunOutcome.SomeLost
                : RunOutcome.AllSettled
            );
        return new RunReport(outcome, control.Error, progress, Elapsed, control.GetWarnings())
        {
            LostBefore = before,
            IsDamaged = isDamaged,
            Damaged = damage.CountNew(snapshot),
            DeadLettersBefore = deadLettersBefore,
            DeadLettersUnwritten = run.DeadLetters.Unwritten,
            DeadLettersWritten = run.DeadLetters.Written,
            DeadLettersOfEarlierRuns = run.DeadLetters.WrittenOfEarlierRuns,
            IsSinkUntouched = isSinkUntouched,
            SinkLength = sinkLength,
        };
    }

    IReadOnlyList<StageRun> CreateStages()
    {
        try
        {
            return [.. Definition.Stages.Select((_, index) => new StageRun(run, index, headers))];
        }
        catch (ArgumentException e)
        {
            throw new PipelineInputException(e.Message);
        }
    }
}
