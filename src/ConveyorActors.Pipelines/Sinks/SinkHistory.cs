using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Sinks;

/// <summary>
/// Knows how far earlier runs have written the sink, where the buffers are kept on disk, and stores how far this run
/// has.
/// </summary>
sealed class SinkHistory(RunContext run)
{
    readonly IBufferService buffers = run.Buffers;
    readonly PipelineDefinition definition = run.Definition;
    SinkMark? sinkMark;

    /// <summary>
    /// Gets or sets what reads all records that wait for the sink from the disk; null: those in memory are all there
    /// are.
    /// </summary>
    public Func<IEnumerable<ReadOnlyMemory<byte>>>? Waiting { get; set; }

    /// <summary>Gets or sets the file that says what is about to be written to the sink; null: none.</summary>
    public string? PlanPath { get; set; }

    /// <summary>Checks that it is known where the earlier run wrote.</summary>
    /// <param name="before">The numbers of the pipeline before the run.</param>
    /// <exception cref="PipelineInputException">An earlier run has begun, and it is not known.</exception>
    public async ValueTask CheckAsync(PipelineSnapshot before)
    {
        if (!buffers.IsDurable)
            return;
        var stored = await buffers.GetCheckpointAsync(definition.Name, SinkMark.Key).ConfigureAwait(false);
        sinkMark = stored is null ? null : SinkMark.Parse(stored);
        run.Earlier.HasBegun = sinkMark is not null;
        if (sinkMark is null && (stored is not null || before.Total.Accepted > 0))
            throw new PipelineInputException(
                $"an earlier run has worked here, and how far it had written its sink is not to be found any more: to write '{definition.Sink.Path}' now could double or destroy lines. {EarlierRun.AnewAdvice}"
            );
    }

    /// <summary>Opens the sink as the run before left it.</summary>
    public async ValueTask<SinkOutput> OpenAsync()
    {
        if (!buffers.IsDurable)
            return SinkOutput.Open(definition.Sink, lineEnd: run.LineEnd);
        if (sinkMark is not null && sinkMark.Path != SinkPath)
            throw new PipelineInputException(
                $"sink '{definition.Sink.Path}' is not where an earlier run wrote: that was {(sinkMark.Path == "-" ? "standard output" : $"'{sinkMark.Path}'")}. Use that, or begin anew with another data directory"
            );
        return await SinkOutput
            .OpenKeptAsync(definition.Sink, sinkMark, Waiting ?? Peeked, run.Control.Warn, run.LineEnd, PlanPath)
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Stores how far the sink is written. Before anything is written to it or taken off: the next run must know that
    /// what is in the file is ours.
    /// </summary>
    public ValueTask StoreAsync(SinkOutput output) => buffers.SetCheckpointAsync(definition.Name, CheckpointOf(output));

    /// <summary>Returns the checkpoint that says how far the sink is written.</summary>
    public Checkpoint CheckpointOf(SinkOutput output, bool isOpen = true) =>
        new(SinkMark.Key, output.Mark(SinkPath, isOpen).ToString());

    /// <summary>
    /// Stores that the run is over and nothing is in the sink that is not settled: the next run takes nothing off it.
    /// </summary>
    public async ValueTask CloseAsync(SinkOutput output)
    {
        if (buffers.IsDurable && output.IsWhole)
            await buffers
                .SetCheckpointAsync(definition.Name, CheckpointOf(output, isOpen: false))
                .ConfigureAwait(false);
    }

    IEnumerable<ReadOnlyMemory<byte>> Peeked() =>
        buffers
            .PeekAsync(definition.Name, PipelineRunner.SinkStage, 1_000_000)
            .AsTask()
            .GetAwaiter()
            .GetResult()
            .Select(r => r.Record.Payload);

    string SinkPath => definition.Sink.Path == "-" ? "-" : Path.GetFullPath(definition.Sink.Path);
}
