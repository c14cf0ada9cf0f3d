using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Running;
using ConveyorActors.Pipelines.Sinks;
using ConveyorActors.Pipelines.Sources;
using ConveyorActors.Pipelines.Sources.Following;

namespace ConveyorActors.Pipelines.Runner;

/// <summary>The open files of a run.</summary>
sealed record OpenFiles(
    IReadOnlyList<LineSource> Sources,
    IReadOnlyList<FollowReader> Followed,
    SinkOutput Output,
    DeadLetterFile DeadLetters
) : IDisposable
{
    public void Dispose()
    {
        DeadLetters.Dispose();
        foreach (var source in Sources)
            source.Dispose();
        foreach (var followed in Followed)
            followed.Dispose();
        Output.Dispose();
    }
}

/// <summary>
/// Opens the files of a run, each at the position where an earlier run stopped, and closes them at its end.
/// </summary>
sealed class RunFiles(RunContext run, FollowScope follow, SinkHistory sinkHistory)
{
    PipelineDefinition Definition => run.Definition;

    /// <summary>Opens all files. Nothing is changed before all of them are open.</summary>
    public async Task<OpenFiles> OpenAsync()
    {
        var sources = new List<LineSource>();
        IReadOnlyList<FollowReader> followed = [];
        SinkOutput? output = null;
        try
        {
            foreach (var source in Definition.Sources.Where(s => !s.Follow))
                sources.Add(LineSource.Open(source));
            followed = await FollowOpening.OpenAllAsync(run, follow).ConfigureAwait(false);
            foreach (var source in sources)
                await follow.History.ResumeAsync(source).ConfigureAwait(false);
            run.DeadLetters.Open(run.Buffers.IsDurable);
            output = await sinkHistory.OpenAsync().ConfigureAwait(false);
            follow.Others = DefinitionCheck.ValidateFiles(
                Definition,
                [.. sources.Select(s => s.Role), .. followed.Select(f => f.Role)],
                output.Id,
                run.DeadLetters.Id
            );
            run.Control.Ending.ThrowIfCancellationRequested();
            await BeginAsync(output).ConfigureAwait(false);
            run.DeadLetters.CatchUp(await run.Earlier.GetDeadLettersAsync().ConfigureAwait(false));
            return new OpenFiles(sources, followed, output, run.DeadLetters);
        }
        catch
        {
            foreach (var source in sources)
                source.Dispose();
            foreach (var reader in followed)
                reader.Dispose();
            run.DeadLetters.Discard();
            output?.Discard();
            throw;
        }
    }

    /// <summary>Completes the written files when the run has reached its end.</summary>
    public async Task FinishAsync(SinkOutput output)
    {
        try
        {
            await output.FinishAsync().ConfigureAwait(false);
            if (output.DescribeLoss() is { } lost)
                throw new IOException(lost);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            AddWriteError(e);
        }
        run.DeadLetters.Finish();
    }

    public void Close(OpenFiles files)
    {
        try
        {
            files.Dispose();
        }
        catch (IOException e)
        {
            AddWriteError(e);
        }
    }

    /// <summary>
    /// Stores the beginning of the run, and removes unsettled bytes from the sink. From here on the run has begun.
    /// </summary>
    async ValueTask BeginAsync(SinkOutput output)
    {
        if (!run.Buffers.IsDurable)
            return;
        await sinkHistory.StoreAsync(output).ConfigureAwait(false);
        await run.Earlier.StoreAsync().ConfigureAwait(false);
        output.Begin();
        await follow.History.StoreAsync().ConfigureAwait(false);
    }

    void AddWriteError(Exception e) => run.Control.AddError(SinkOutput.DescribeFailure(e, Definition.Sink.Path));
}
