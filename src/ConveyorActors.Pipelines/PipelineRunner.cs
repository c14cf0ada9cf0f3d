using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Commands;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Running;
using ConveyorActors.Pipelines.Sinks;
using ConveyorActors.Pipelines.Sources;
using ConveyorActors.Pipelines.Sources.Following;
using ConveyorActors.Pipelines.Stages;

namespace ConveyorActors.Pipelines;

/// <summary>Runs a pipeline from its sources to its sink.</summary>
/// <remarks>One run for each runner, and a pipeline name of its own for each run at the same buffers.</remarks>
public sealed class PipelineRunner
{
    /// <summary>The name of the buffer before the sink, among the stages of a snapshot. No stage may have it.</summary>
    public const string SinkStage = "(sink)";

    internal const int DeadLettersKept = 100;

    /// <summary>Dead letters of a stage that are kept where the buffers are on disk.</summary>
    internal const int DeadLettersOnDisk = 10_000;

    /// <summary>The bytes of dead letters kept for a stage; the limit in bytes of records, if that is more.</summary>
    internal const long DeadLetterBytes = 64L << 20;

    /// <summary>
    /// The room in bytes where the limits name none. Lines may be long; memory stays bounded all the same.
    /// </summary>
    const long DefaultTotalBytes = 64L << 20;

    /// <summary>How long the sink may go on writing when all else has ended.</summary>
    static readonly TimeSpan SinkGrace = TimeSpan.FromSeconds(2);

    /// <summary>How long a run that is stopped before it has begun waits for its files.</summary>
    static readonly TimeSpan OpeningGrace = TimeSpan.FromMilliseconds(500);

    sealed record OpenFiles(IReadOnlyList<LineSource> Sources, IReadOnlyList<FollowReader> Followed, SinkOutput Output)
        : IDisposable
    {
        public void Dispose()
        {
            foreach (var source in Sources)
                source.Dispose();
            foreach (var followed in Followed)
                followed.Dispose();
            Output.Dispose();
        }
    }

    readonly RunContext run;
    readonly TimeProvider clock;
    readonly DeadLetterFile deadLetters;
    readonly RunControl control = new();
    volatile IReadOnlyList<ISourceReader> readers = [];
    IReadOnlyList<StageRun> working = [];
    LineSink? sink;
    long started,
        finished;
    int runs;
    long lostBefore;
    volatile bool isSinkWaiting;
    volatile bool isTimeUp;
    bool isSinkUntouched;
    long? sinkLength;

    /// <summary>Makes ready to run; nothing is opened yet.</summary>
    /// <param name="buffers">Where the pipeline's buffers live.</param>
    /// <param name="definition">What to run.</param>
    /// <param name="clock">The clock for delays, timeouts and the time a run takes.</param>
    public PipelineRunner(IBufferService buffers, PipelineDefinition definition, TimeProvider clock)
    {
        this.clock = clock;
        deadLetters = new DeadLetterFile(definition.DeadLetterPath, clock, control);
        run = new RunContext(buffers, WithBytesBounded(definition), clock, control, deadLetters);
    }

    PipelineDefinition Definition => run.Definition;

    /// <summary>Runs until every line is settled, the run cannot go on, or it is cancelled.</summary>
    /// <param name="stop">
    /// Cancel to stop cleanly: no new lines are read, running commands may finish until the deadline, and the report
    /// says what remained.
    /// </param>
    /// <exception cref="PipelineInputException">
    /// The run cannot begin: a source, the sink or the dead-letter file cannot be opened, or a name may not be used.
    /// </exception>
    public async Task<RunReport> RunAsync(CancellationToken stop)
    {
        if (Interlocked.Exchange(ref runs, 1) != 0)
            throw new InvalidOperationException("This runner has run; make a new one.");
        Check();
        var stages = working = Stages();
        run.Headers?.Use([.. stages.Select(s => s.Command)]);
        started = clock.GetTimestamp();
        // Before the limits are set: what is too large for them is lost by this run.
        var total = (await run.Buffers.GetSnapshotAsync(run.Pipeline).ConfigureAwait(false)).Total;
        lostBefore = total.Dropped + total.DeadLettered + total.Expired;
        await ConfigureAsync(stages).ConfigureAwait(false);
        await run.Resuming.CheckAsync().ConfigureAwait(false);
        if (await WhyNoCommandAsync(stop).ConfigureAwait(false) is { } why)
        {
            control.Fail(why);
            return Report(await ProgressAsync().ConfigureAwait(false));
        }
        // Opening a named pipe waits for its other end, perhaps for ever.
        var opening = Task.Run(OpenAsync, CancellationToken.None);
        isSinkWaiting = Definition.Sink.Path != "-" && FileFacts.IsPipe(Definition.Sink.Path);
        try
        {
            await opening.WaitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            control.Interrupt();
            // What does not wait for a pipe is over at once, and must not go on beside the next run.
            await Task.WhenAny(opening, Task.Delay(OpeningGrace, TimeProvider.System, CancellationToken.None))
                .ConfigureAwait(false);
            _ = opening.ContinueWith(
                late => late.Result.Dispose(),
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion,
                TaskScheduler.Default
            );
            return Report(await ProgressAsync().ConfigureAwait(false));
        }
        using var files = await opening.ConfigureAwait(false);
        isSinkWaiting = false;
        return await RunAsync(stages, files, stop).ConfigureAwait(false);
    }

    /// <summary>
    /// All records that wait for the sink, read from the disk; null: those in memory are all there are.
    /// </summary>
    internal Func<IEnumerable<ReadOnlyMemory<byte>>>? WaitingForSink
    {
        init => run.Resuming.Waiting = value;
    }

    /// <summary>
    /// Gets called at once with what a followed source lost, or what cannot be told of it; the report has it too.
    /// </summary>
    internal Action<string>? Reported
    {
        init => run.Follow.Reported = value;
    }

    /// <summary>
    /// A file beside the data in which it is kept what is about to be written to the sink; null: none.
    /// </summary>
    internal string? SinkPlanPath
    {
        init => run.Resuming.PlanPath = value;
    }

    /// <summary>Where the run is now. From any thread, at any time.</summary>
    public async ValueTask<RunProgress> ProgressAsync()
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
        : finished == 0 ? clock.GetElapsedTime(started)
        : clock.GetElapsedTime(started, finished);

    async Task<RunReport> RunAsync(IReadOnlyList<StageRun> stages, OpenFiles files, CancellationToken stop)
    {
        readers = [.. files.Sources.Select(s => new SourceReader(run, s)), .. files.Followed];
        sink = new LineSink(run, files.Output);
        run.OpenSources = () =>
            control.Reading.IsCancellationRequested
                ? []
                : [.. readers.Select(r => r.Progress).Where(p => !p.AtEnd).Select(p => p.Name)];
        var writing = Task.CompletedTask;
        await using (stop.Register(Stop).ConfigureAwait(false))
        {
            writing = Task.Run(sink.RunAsync);
            var work = Task.WhenAll(stages.Select(s => s.RunAsync()));
            Task[] reading = [.. readers.Select(r => Task.Run(() => ReadAsync(r))), WatchAsync(files.Followed)];
            var reads = Task.WhenAll(reading);
            await Task.WhenAny(FinishAsync(reads), control.Ended).ConfigureAwait(false);
            if (control.Ended.IsCompleted)
                await EndEarlyAsync(reads, work, writing).ConfigureAwait(false);
            else
                await Task.WhenAll(work, writing).ConfigureAwait(false);
            // All that was read has gone through, and yet it is a stop.
            if (control.Reading.IsCancellationRequested)
                control.Interrupt();
        }
        foreach (var reader in readers)
            reader.Dispose();
        if (control.Outcome is null)
            await FinishAsync(files.Output).ConfigureAwait(false);
        if (writing.IsCompleted)
            await run.Resuming.CloseSinkAsync(files.Output).ConfigureAwait(false);
        (isSinkUntouched, sinkLength) = (files.Output.IsUntouched, files.Output.FileLength);
        Close(files);
        var isKept = await run.Buffers.FlushAsync(run.Pipeline).ConfigureAwait(false);
        if (!isKept)
            control.Note("what was done last cannot be written to the data directory");
        finished = clock.GetTimestamp();
        return Report(await ProgressAsync().ConfigureAwait(false)) with { IsKept = isKept };
    }

    /// <summary>
    /// Returns why a stage's command cannot be started, before a file is opened or emptied; null: all can be started.
    /// </summary>
    async Task<string?> WhyNoCommandAsync(CancellationToken stop)
    {
        foreach (var stage in Definition.Stages)
            if (await CommandCheck.WhyNotAsync(stage, clock, stop).ConfigureAwait(false) is { } why)
                return $"stage '{stage.Name}': {why}";
        return null;
    }

    async Task ConfigureAsync(IEnumerable<StageRun> stages)
    {
        await run.Buffers.ConfigureAsync(run.Pipeline, Definition.Limits).ConfigureAwait(false);
        foreach (var stage in stages)
            await run
                .Buffers.ConfigureStageAsync(run.Pipeline, stage.Definition.Name, stage.Settings)
                .ConfigureAwait(false);
        await run
            .Buffers.ConfigureStageAsync(
                run.Pipeline,
                SinkStage,
                new StageSettings
                {
                    FullMode = FullMode.Wait,
                    LeaseTimeout = Definition.LeaseTimeout,
                    Backoff = BackoffSettings.None,
                    MaxRetries = 1_000_000,
                    Quantum = 1024,
                }
            )
            .ConfigureAwait(false);
    }

    /// <summary>
    /// The user wants it to stop. What a run without a data directory has read of a file that goes on would be lost, so
    /// it may go through first.
    /// </summary>
    void Stop()
    {
        if (!Definition.Follows || run.Buffers.IsDurable)
        {
            control.Interrupt();
            return;
        }
        control.StopReading();
        _ = InterruptInTimeAsync();
    }

    async Task InterruptInTimeAsync()
    {
        try
        {
            await Task.Delay(Definition.StopDeadline, clock, control.Ending).ConfigureAwait(false);
            isTimeUp = true;
            control.Interrupt();
        }
        catch (OperationCanceledException)
        {
            // It has ended.
        }
    }

    /// <summary>Makes files that come to match a pattern sources.</summary>
    Task WatchAsync(IReadOnlyList<FollowReader> first) =>
        Definition.Patterns.Count == 0
            ? Task.CompletedTask
            : Task.Run(() =>
                new PatternWatch(
                    run,
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
            control.Fail($"source '{reader.Progress.Name}' broke: {e.Message}");
        }
    }

    /// <summary>Once all is read and settled, lets the consumers end.</summary>
    async Task FinishAsync(Task reading)
    {
        try
        {
            await reading.ConfigureAwait(false);
            while (true)
            {
                var next = run.ProgressSignal.Next;
                if (await IsAllSettledAsync().ConfigureAwait(false))
                    break;
                await next.WaitAsync(control.Ending).ConfigureAwait(false);
            }
            // A source whose first line was not read has no header yet.
            if (!control.Reading.IsCancellationRequested)
                await sink!.WriteHeaderAsync(Definition.Sources.Select(s => s.Name)).ConfigureAwait(false);
            await run.Buffers.StopAsync(run.Pipeline, TimeSpan.Zero).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (control.Ending.IsCancellationRequested)
        {
            // Somebody else sees to the end now.
        }
        catch (Exception e)
        {
            control.Fail($"the pipeline broke at its end: {e.Message}");
        }
    }

    async ValueTask<bool> IsAllSettledAsync()
    {
        // Called after each batch, so the snapshot comes last: it has a row for each source, and takes long with
        // thousands of them.
        if (await run.Buffers.GetGlobalUtilizationAsync(run.Pipeline).ConfigureAwait(false) > 0)
            return false;
        // Results between two stages are in neither stage; the room they have taken shows them. Records that wait on
        // disk take no room.
        return (await run.Buffers.GetSnapshotAsync(run.Pipeline).ConfigureAwait(false)).Total
            is { Pending: 0, Used: 0 };
    }

    /// <summary>What runs may finish until the deadline; results that are ready are still written.</summary>
    async Task EndEarlyAsync(Task reading, Task working, Task writing)
    {
        using var over = new CancellationTokenSource();
        var deadline = isTimeUp ? Task.CompletedTask : Task.Delay(Definition.StopDeadline, clock, over.Token);
        await Task.WhenAny(working, deadline).ConfigureAwait(false);
        control.Kill();
        await Task.WhenAll(working, reading).ConfigureAwait(false);
        sink!.Finish();
        // Whoever reads the sink may have stopped reading: that must not hold the end up.
        await Task.WhenAny(writing, Task.Delay(SinkGrace, clock, over.Token)).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        // Only now: consumers of a pipeline that has stopped get nothing more.
        await run.Buffers.StopAsync(run.Pipeline, TimeSpan.Zero).ConfigureAwait(false);
    }

    async Task<OpenFiles> OpenAsync()
    {
        var sources = new List<LineSource>();
        IReadOnlyList<FollowReader> followed = [];
        SinkOutput? output = null;
        try
        {
            foreach (var source in Definition.Sources.Where(s => !s.Follow))
                sources.Add(LineSource.Open(source));
            followed = await FollowOpening.OpenAllAsync(run).ConfigureAwait(false);
            foreach (var source in sources)
                await run.Resuming.GoOnAsync(source).ConfigureAwait(false);
            deadLetters.Open(run.Buffers.IsDurable);
            output = await run.Resuming.OpenSinkAsync().ConfigureAwait(false);
            run.Follow.Others = CheckFiles(
                [.. sources.Select(s => s.Role), .. followed.Select(f => f.Role)],
                output.Id,
                deadLetters.Id
            );
            control.Ending.ThrowIfCancellationRequested();
            // Only now is anything changed.
            await run.Resuming.BeginAsync(output).ConfigureAwait(false);
            deadLetters.CatchUp(await run.Resuming.GetDeadLettersAsync().ConfigureAwait(false));
            return new OpenFiles(sources, followed, output);
        }
        catch
        {
            foreach (var source in sources)
                source.Dispose();
            foreach (var reader in followed)
                reader.Dispose();
            deadLetters.Discard();
            output?.Discard();
            throw;
        }
    }

    async Task FinishAsync(SinkOutput output)
    {
        try
        {
            await output.FinishAsync().ConfigureAwait(false);
            if (output.WhyLost() is { } lost)
                throw new IOException(lost);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            control.Note(
                $"{Failures.Sink(Definition.Sink.Path)} cannot be written: {Failures.Reason(e, Definition.Sink.Path)}"
            );
        }
        deadLetters.Finish();
    }

    void Close(OpenFiles files)
    {
        deadLetters.Dispose();
        try
        {
            files.Dispose();
        }
        catch (IOException e)
        {
            control.Note(
                $"{Failures.Sink(Definition.Sink.Path)} cannot be written: {Failures.Reason(e, Definition.Sink.Path)}"
            );
        }
    }

    RunReport Report(RunProgress progress)
    {
        var total = progress.Snapshot.Total;
        var lost = total.Dropped + total.DeadLettered + total.Expired - lostBefore + progress.LinesTooLong > 0;
        var outcome =
            control.Outcome
            ?? (
                control.Error is not null ? RunOutcome.Failed
                : lost ? RunOutcome.SomeLost
                : RunOutcome.AllSettled
            );
        return new RunReport(outcome, control.Error, progress, Elapsed, control.Warnings())
        {
            LostBefore = lostBefore,
            DeadLettersWritten = deadLetters.Written,
            DeadLettersOfEarlierRuns = deadLetters.WrittenOfEarlierRuns,
            IsSinkUntouched = isSinkUntouched,
            SinkLength = sinkLength,
        };
    }

    IReadOnlyList<StageRun> Stages()
    {
        try
        {
            return [.. Definition.Stages.Select((_, index) => new StageRun(run, index))];
        }
        catch (ArgumentException e)
        {
            throw new PipelineInputException(e.Message);
        }
    }

    void Check()
    {
        foreach (var stage in Definition.Stages)
            if (string.IsNullOrWhiteSpace(stage.Command))
                throw new PipelineInputException(
                    $"stage '{stage.Name}' has no command: an empty one would take all lines and write none"
                );
            else if (stage.IsPersistent && OperatingSystem.IsWindows())
                throw new PipelineInputException(
                    $"stage '{stage.Name}' is persistent, which is not possible on Windows; it must be an ordinary stage"
                );
            else if (stage.Name == SinkStage)
                throw new PipelineInputException(
                    $"a stage cannot be called '{SinkStage}': that is the buffer before the sink"
                );
        foreach (var source in Definition.Sources.Where(s => s.Follow))
            if (FollowCheck.WhyNot(source.Path) is { } why)
                throw new PipelineInputException(why);
        foreach (
            var again in Definition
                .Sources.GroupBy(s => Descriptors.Named(s.Path, Descriptors.Input))
                .Where(g => g.Key is not null && g.Count() > 1)
        )
            throw new PipelineInputException(
                $"sources '{again.First().Path}' and '{again.Last().Path}' are the same descriptor, which can be read only once"
            );
        // By what the names lead to now: opening a pipe that is also the other end would wait for itself.
        CheckFiles(Definition.Sources.Select(LineSource.Roles), null, null);
    }

    /// <summary>
    /// Insists that no file is used for two things, whatever it is called. Returns those that are used for something
    /// else than reading lines.
    /// </summary>
    IReadOnlyList<FileRole> CheckFiles(IEnumerable<FileRole> sources, FileId? openSink, FileId? openLetters)
    {
        var sink = FileRole.Of("sink", Definition.Sink.Path, FileUse.Output, Descriptors.Output);
        List<FileRole> roles = [openSink is null ? sink : sink with { Id = openSink }];
        if (Definition.DeadLetterPath is { } path)
        {
            var letters = FileRole.Of("dead-letter file", path, FileUse.Output);
            roles.Add(openLetters is null ? letters : letters with { Id = openLetters });
        }
        roles.AddRange(Definition.OtherFiles);
        return FileRole.Clash([.. roles, .. sources]) is { } why ? throw new PipelineInputException(why) : roles;
    }

    static PipelineDefinition WithBytesBounded(PipelineDefinition definition) =>
        definition.Limits.MaxTotalBytes is not null
            ? definition
            : definition with
            {
                Limits = definition.Limits with
                {
                    MaxTotalBytes = Math.Max(DefaultTotalBytes, 4L * definition.MaxLine),
                },
            };
}
