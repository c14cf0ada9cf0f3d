using System.Collections.Concurrent;
using System.Collections.Frozen;
using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Stores;

namespace ConveyorActors.Buffers;

/// <summary>Bounded buffers between the stages of one pipeline, under exact limits for the whole, each stage and each source.</summary>
/// <remarks>
/// Safe for use by many threads. There is a lock for each stage and none over all; the user's code never runs under one.
/// A refused record stays with the caller; an accepted one is pending until it is completed, dropped by a rule, expired or dead-lettered.
/// </remarks>
/// <typeparam name="T">The user's record.</typeparam>
public sealed partial class BufferManager<T> : IAsyncDisposable
{
    readonly ConcurrentDictionary<string, StageState<T>> stages = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, SourceState> sources = new(StringComparer.Ordinal);
    readonly NameCache<StageState<T>> recentStages = new();
    readonly NameCache<SourceState> recentSources = new();
    readonly Lock structure = new(); // stages and sources come, go and are counted together under it
    readonly BufferManagerOptions<T> options;
    readonly EngineClock clock;
    readonly bool isPlain; // records have neither size nor id, and no source has a budget
    readonly CapacityPool global;
    readonly LineCounts retired = new();
    readonly BufferMetrics? metrics;
    readonly IBufferStore<T>? store;
    readonly CatchUpQueue? catchUps; // null without a store
    volatile BufferSettings settings;
    volatile int state; // ManagerState

    /// <summary>Makes an empty manager.</summary>
    /// <param name="settings">Its limits; null: the defaults.</param>
    /// <param name="options">What it must know of its records; null: they have no size and no id.</param>
    /// <exception cref="ArgumentException">Two settings contradict each other, or ask for what the options do not give.</exception>
    public BufferManager(BufferSettings? settings = null, BufferManagerOptions<T>? options = null)
    {
        this.options = options ?? new();
        store = this.options.Store;
        catchUps = store is null ? null : new(_ => store.CatchUpAsync());
        isPlain = this.options.SizeOf is null && this.options.IdOf is null && store is null && this.options.Allowances is null;
        this.settings = Checked(settings ?? new());
        clock = new(this.options.Clock);
        global = new(GlobalLimits(this.settings));
        timer = clock.Provider.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        lastForgotten = this.options.LastSequence;
        foreach (var (_, allowance) in this.options.Allowances ?? FrozenDictionary<string, SourceAllowance>.Empty) allowance.Room = () => RoomUnderAllowance(allowance);
        if (store is not null) Restore(store.Open(clock.DateOf(0)));
        if (this.options.IsMeasured) metrics = new(this.options.SystemName, this.options.PipelineId, Snapshot);
        tidyAt = clock.NowMs + Math.Min(TidyEveryMs, Durations.Milliseconds(this.settings.IdleAfter));
        Arm(tidyAt);
    }

    enum ManagerState { Running, Draining, Stopped }

    /// <summary>The pipeline it belongs to.</summary>
    public string PipelineId => options.PipelineId;

    /// <summary>The limits in force.</summary>
    public BufferSettings Settings => settings;

    ManagerState State => (ManagerState)state;

    StageState<T> StageOf(string id)
    {
        if (id is null) Names.Checked(id, "stage");
        if (recentStages.Find(id) is { } recent) return recent;
        var stage = stages.TryGetValue(id, out var known) ? known : AddStage(id);
        recentStages.Keep(stage, id);
        return stage;
    }

    /// <summary>Returns whether there is a stage of this name.</summary>
    internal bool HasStage(string id) => stages.ContainsKey(id);

    /// <summary>Returns whether there is a source of this name.</summary>
    internal bool HasSource(string id) => sources.ContainsKey(id);

    StageState<T>? FindStage(string id) => stages.TryGetValue(Names.Checked(id, "stage"), out var known) ? known : null;

    SourceState? FindSource(string id) => sources.TryGetValue(Names.Checked(id, "source"), out var known) ? known : null;

    StageState<T> AddStage(string id)
    {
        Names.Checked(id, "stage");
        lock (structure)
        {
            if (stages.TryGetValue(id, out var known)) return known;
            var seed = options.Seed is { } given ? given + stages.Count : (int?)null;
            var stage = new StageState<T>(PipelineId, id, settings.Stage, StageLimits(settings), global, room, clock, seed, store is not null);
            stage.Buffer.UsualDeadLetterBytes = UsualDeadLetterBytes(settings);
            ContinueSequences(stage);
            stage.IsHeldByOperator = holds.Contains(HoldTarget.Stage, id);
            stages[id] = stage;
            return stage;
        }
    }

    SourceState SourceOf(string id)
    {
        if (id is null) Names.Checked(id, "source");
        if (recentSources.Find(id) is { } recent) return recent;
        var source = sources.TryGetValue(id, out var known) ? known : AddSource(id);
        recentSources.Keep(source, id);
        return source;
    }

    SourceState AddSource(string id)
    {
        Names.Checked(id, "source");
        lock (structure)
        {
            if (sources.TryGetValue(id, out var known)) return known;
            return sources[id] = MakeSource(id);
        }
    }

    SourceState MakeSource(string id)
    {
        var source = new SourceState(id, SourceLimits(settings), global, clock.NowMs, options.Allowances?.GetValueOrDefault(id));
        source.ApplyAllowance();
        if (holds.Contains(HoldTarget.Source, id)) source.SetHeld(true);
        source.Evaluate(); // the manager may already be full
        return source;
    }

    /// <summary>The line of a source at a stage whose gate is held; null when the source was removed meanwhile.</summary>
    SourceLine<T>? LineOf_NeedsLock(StageState<T> stage, SourceState source)
    {
        var line = stage.Buffer.LineOf(source.Id, stage.Now);
        if (ReferenceEquals(line.Source, source)) return line;
        if (line.Source is not null)
        {
            // The line belongs to the source that has come in the place of a removed one.
            recentSources.Forget(source);
            return null;
        }
        line.StagePool = stage.Pool;
        line.Source = source;
        if (source.TryAttach(line)) return line;
        stage.Buffer.RemoveLine(line);
        recentSources.Forget(source);
        return null;
    }

    /// <summary>Looks a stage up, creating it if need be, and enters its gate.</summary>
    StageState<T> Enter(string id)
    {
        while (true)
        {
            var stage = StageOf(id);
            stage.Gate.Enter();
            if (TryStart_NeedsLock(stage)) return stage;
            stage.Gate.Exit();
        }
    }

    /// <summary>The same, but creates nothing: null when there is no such stage.</summary>
    StageState<T>? TryEnter(string id)
    {
        if (id is null) Names.Checked(id, "stage");
        while ((recentStages.Find(id) ?? FindStage(id)) is { } stage)
        {
            stage.Gate.Enter();
            if (TryStart_NeedsLock(stage)) return stage;
            stage.Gate.Exit();
        }
        return null;
    }

    static SettleResult UnknownLease => new(SettleStatus.UnknownLease, 0);

    bool TryStart_NeedsLock(StageState<T> stage)
    {
        if (stage.IsRemoved)
        {
            recentStages.Forget(stage);
            return false;
        }
        stage.LastUsed = stage.Now = clock.NowMs;
        stage.FreedRoom = false;
        stage.RefusedLine = null;
        return true;
    }

    /// <summary>Leaves a stage's gate and does what follows from what happened under it.</summary>
    void Leave(StageState<T> stage, bool mayHaveDeadline = true)
    {
        stage.Buffer.AssertInvariants();
        // The zones of all levels are up to date before any signal is worked out: a signal must not fall on a fill that was never there.
        var globalChanged = global.RefreshZone(stage.Now);
        stage.RefreshZone_NeedsLock();
        stage.WakeConsumer_NeedsLock();
        var due = mayHaveDeadline ? stage.NextDue : long.MaxValue;
        var (freed, refusedLine) = (stage.FreedRoom, stage.RefusedLine);
        if (store is not null) Tell_NeedsLock(stage);
        stage.Gate.Exit();
        if (globalChanged) EvaluateAll();
        if (store is not null) due = Math.Min(due, Volatile.Read(ref storeCheckAt));
        if (due < Volatile.Read(ref armedFor)) Arm(due);
        if (refusedLine is not null) refusals.Wake(refusedLine, WouldTake); // room may have become free between the refusal and the entry
        if (!freed) return;
        if (!backlogs.IsEmpty) LoadSoon();
        if (!waiting.IsEmpty) Pump();
        if (!refusals.IsEmpty) refusals.Wake(null, WouldTake);
        if (State == ManagerState.Draining) CheckDrained();
    }

    void EvaluateAll()
    {
        foreach (var source in sources) source.Value.Evaluate();
    }

    BufferSettings Checked(BufferSettings given)
    {
        given.Validated();
        if (options.SizeOf is null && (given.MaxTotalBytes ?? given.MaxBytesPerStage ?? given.MaxBytesPerSource) is not null)
            throw new ArgumentException("A limit in bytes is set, but BufferManagerOptions.SizeOf is null; give the function that tells a record's size.");
        CheckStage(given.Stage);
        return given;
    }

    void CheckStage(StageSettings given)
    {
        if (given.Duplicates is not null && options.IdOf is null)
            throw new ArgumentException("StageSettings.Duplicates is set, but BufferManagerOptions.IdOf is null; give the function that tells a record's id.");
    }

    static Watermarks MarksOf(BufferSettings s) => new(s.LowWatermark, s.BackpressureThreshold);

    static PoolLimits GlobalLimits(BufferSettings s) => new(s.MaxTotalRecords, s.MaxTotalBytes, MarksOf(s));

    static PoolLimits StageLimits(BufferSettings s) => new(s.MaxPerStage, s.MaxBytesPerStage, MarksOf(s));

    /// <summary>By default a stage keeps no more bytes of dead letters than its limit in bytes of records.</summary>
    static long UsualDeadLetterBytes(BufferSettings s) =>
        Math.Min(StageBuffer<T>.MostUsualDeadLetterBytes, Math.Min(s.MaxBytesPerStage ?? long.MaxValue, s.MaxTotalBytes ?? long.MaxValue));

    static PoolLimits SourceLimits(BufferSettings s) => new(s.MaxPerSource, s.MaxBytesPerSource, MarksOf(s));

    int SizeOf(T record)
    {
        if (options.SizeOf is not { } sizeOf) return 0;
        var size = sizeOf(record);
        return size >= 0 ? size : throw new InvalidOperationException($"BufferManagerOptions.SizeOf answered {size}; a size must be at least 0 bytes.");
    }

    int[]? SizesOf(ReadOnlySpan<T> records)
    {
        if (options.SizeOf is null) return null;
        var sizes = new int[records.Length];
        for (var i = 0; i < sizes.Length; i++) sizes[i] = SizeOf(records[i]);
        return sizes;
    }

    string?[]? IdsOf(StageState<T> stage, ReadOnlySpan<T> records)
    {
        return stage.Buffer.Settings.Duplicates is null ? null : AllIdsOf(records);
    }

    string?[]? AllIdsOf(ReadOnlySpan<T> records)
    {
        if (options.IdOf is not { } idOf) return null;
        var ids = new string?[records.Length];
        for (var i = 0; i < ids.Length; i++) ids[i] = idOf(records[i]);
        return ids;
    }

    /// <summary>Stops at once, also where a stop with a later deadline is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        var stopping = StopAsync(TimeSpan.Zero);
        drained.TrySetResult();
        await stopping.ConfigureAwait(false);
        if (store is not null) TellAllRefusals(); // of those who came after the stop
    }
}
