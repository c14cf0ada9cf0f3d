using System.Globalization;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Sinks;
using ConveyorActors.Pipelines.Sources;

namespace ConveyorActors.Pipelines.Running;

/// <summary>Goes on where an earlier run stopped, however it stopped, when the buffers are kept on disk. Otherwise every run is the first.</summary>
sealed class Resuming(IBufferService buffers, PipelineDefinition definition)
{
    const string SinkKey = "sink", SourceKey = "source ";

    /// <summary>Insists that everything that waits from before has a place in this pipeline.</summary>
    public async ValueTask<PipelineSnapshot> CheckAsync()
    {
        var snapshot = await buffers.SnapshotAsync(definition.Name).ConfigureAwait(false);
        foreach (var stage in snapshot.Stages)
        {
            if (stage.Level.Pending == 0 || stage.Stage == PipelineRunner.SinkStage || definition.Stages.Any(s => s.Name == stage.Stage)) continue;
            throw new PipelineInputException(
                $"{stage.Level.Pending} records of an earlier run wait for the stage '{stage.Stage}', which this pipeline does not have. "
                + "Bring the stage back, or take them out with 'conveyor drain'");
        }
        return snapshot;
    }

    /// <summary>Puts a source where it stood.</summary>
    public async ValueTask GoOnAsync(LineSource source)
    {
        if (!buffers.IsDurable || source.Size is null) return;
        var key = SourceKey + source.Name;
        var identity = await buffers.GetNoteAsync(definition.Name, key).ConfigureAwait(false);
        if (await buffers.PositionAsync(definition.Name, source.Name).ConfigureAwait(false) is { } position) source.GoOn(position, identity);
        else await buffers.SetNoteAsync(definition.Name, new Note(key, source.Identity!)).ConfigureAwait(false);
    }

    /// <summary>True when an earlier run has begun to write.</summary>
    public async ValueTask<bool> HasBegunAsync() => buffers.IsDurable && await buffers.GetNoteAsync(definition.Name, SinkKey).ConfigureAwait(false) is not null;

    public async ValueTask<SinkOutput> OpenSinkAsync()
    {
        var sink = definition.Sink;
        if (!buffers.IsDurable) return SinkOutput.Open(sink);
        if (await buffers.GetNoteAsync(definition.Name, SinkKey).ConfigureAwait(false) is { } noted)
        {
            var space = noted.IndexOf(' ');
            var path = noted[(space + 1)..];
            if (path != FullPath) throw new PipelineInputException($"sink '{sink.Path}' is not where an earlier run wrote: that was '{path}'. Use that, or begin anew with another data directory");
            return SinkOutput.GoOn(sink, long.Parse(noted[..space], CultureInfo.InvariantCulture));
        }
        var output = SinkOutput.Open(sink, isSynced: true);
        if (output.Length is { } length)
        {
            await buffers.SetNoteAsync(definition.Name, SinkNote(length)).ConfigureAwait(false);
            // Before anything is written: the next run must know that what is in the file is ours.
            await buffers.FlushAsync(definition.Name).ConfigureAwait(false);
        }
        return output;
    }

    /// <summary>How far the sink has got.</summary>
    public Note SinkNote(long length) => new(SinkKey, FormattableString.Invariant($"{length} {FullPath}"));

    string FullPath => Path.GetFullPath(definition.Sink.Path);
}
