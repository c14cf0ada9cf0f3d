using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Sinks;

/// <summary>
/// Reads how far earlier runs have written the sink, if the buffers are kept on disk, and stores how far this run has.
/// </summary>
sealed class SinkHistory(RunContext run)
{
    readonly IBufferService buffers = run.Buffers;
    readonly PipelineDefinition definition = run.Definition;
    SinkMark? sinkMark;

    /// <summary>
    /// Gets or sets the function that reads all records waiting for the sink from the disk; null: all of them are in
    /// memory.
    /// </summary>
    public Func<IEnumerable<ReadOnlyMemory<byte>>>? Waiting { get; set; }

    /// <summary>
    /// Gets or sets the path of the file that records what is about to be written to the sink; null: none.
    /// </summary>
    public string? PlanPath { get; set; }

    /// <summary>Checks that the position up to which an earlier run wrote the sink is known.</summary>
    /// <param name="before">The numbers of the pipeline before the run.</param>
    /// <exception cref="PipelineInputException">
    /// An earlier run has begun, and its position in the sink is not known.
    /// </exception>
    public async ValueTask CheckAsync(PipelineSnapshot before)
    {
        if (!buffers.IsDurable)
            return;
        var stored = await buffers.GetCheckpointAsync(definition.Name, SinkMark.Key).ConfigureAwait(false);
        sinkMark = stored is null ? null : SinkMark.Parse(stored);
        run.Earlier.HasBegun = sinkMark is not null;
        if (sinkMark is null && (stored is not null || before.Total.Accepted > 0))
            throw new PipelineInputException(
                $"an earlier run used this data directory, but its position in the sink no longer exists: writing '{definition.Sink.Path}' now could duplicate or destroy lines. {EarlierRun.AnewAdvice}"
            );
    }

    /// <summary>Opens the sink in the state in which the previous run left it.</summary>
    public async ValueTask<SinkOutput> OpenAsync()
    {
        if (!buffers.IsDurable)
            return SinkOutput.Open(definition.Sink, lineEnd: run.LineEnd);
        if (sinkMark is not null && sinkMark.Path != SinkPath)
            throw new PipelineInputException(
                $"sink '{definition.Sink.Path}' is not the sink of the earlier run, which was {(sinkMark.Path == "-" ? "standard output" : $"'{sinkMark.Path}'")}. Use that sink, or start again with another data directory"
            );
        return await SinkOutput
            .OpenKeptAsync(definition.Sink, sinkMark, Waiting ?? PeekPayloads, run.Control.Warn, run.LineEnd, PlanPath)
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Stores how far the sink is written. Must be called before anything is written to it or removed from it, so that
    /// the next run knows whose bytes are in the file.
    /// </summary>
    public ValueTask StoreAsync(SinkOutput output) =>
        buffers.SetCheckpointAsync(definition.Name, CreateCheckpoint(output));

    /// <summary>Returns the checkpoint with the position up to which the sink is written.</summary>
    public Checkpoint CreateCheckpoint(SinkOutput output, bool isOpen = true) =>
        new(SinkMark.Key, output.CreateMark(SinkPath, isOpen).ToString());

    /// <summary>
    /// Stores that the run has ended and everything in the sink is settled, so that the next run removes nothing from
    /// it.
    /// </summary>
    public async ValueTask CloseAsync(SinkOutput output)
    {
        if (buffers.IsDurable && output.IsWhole)
            await buffers
                .SetCheckpointAsync(definition.Name, CreateCheckpoint(output, isOpen: false))
                .ConfigureAwait(false);
    }

    IEnumerable<ReadOnlyMemory<byte>> PeekPayloads() =>
        buffers
            .PeekAsync(definition.Name, PipelineRunner.SinkStage, 1_000_000)
            .AsTask()
            .GetAwaiter()
            .GetResult()
            .Select(r => r.Record.Payload);

    string SinkPath => definition.Sink.Path == "-" ? "-" : Path.GetFullPath(definition.Sink.Path);
}
