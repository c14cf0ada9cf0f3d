using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>Watches for files that come to match a pattern, and makes each of them a followed source.</summary>
/// <remarks>Not safe for use by many threads.</remarks>
/// <param name="run">The run.</param>
/// <param name="scope">The state that followed sources share.</param>
/// <param name="first">The sources that are followed from the start.</param>
/// <param name="start">Starts a reader. The returned task ends when the reader does.</param>
sealed class PatternWatch(
    RunContext run,
    FollowScope scope,
    IReadOnlyList<FollowReader> first,
    Func<FollowReader, Task> start
)
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    readonly FollowOpening opening = new(run, scope);
    readonly CancellationToken stopping = run.Control.Reading;
    readonly HashSet<string> paths = [.. run.Definition.Sources.Select(s => s.Path), .. first.Select(r => r.Path)],
        reported = [];
    readonly List<string> names = [.. run.Definition.Sources.Select(s => s.Name).Union(first.Select(r => r.Name))];
    readonly List<Task> reading = [];
    readonly List<FollowReader> readers = [.. first];

    /// <summary>
    /// Returns the sources of earlier runs that patterns named and that no file matches now, because their files were
    /// renamed or are gone.
    /// </summary>
    public static async ValueTask<IReadOnlyList<SourceDefinition>> FindKnownAsync(RunContext run)
    {
        if (run.Definition.Patterns.Count == 0 || !run.Buffers.IsDurable)
            return [];
        var kept = KeptPipeline.Parse(
            await run.Buffers.GetCheckpointAsync(run.Pipeline, KeptPipeline.CheckpointKey).ConfigureAwait(false)
        );
        return
        [
            .. (kept?.Sources ?? [])
                .Except(run.Definition.Sources.Select(s => s.Name))
                .Select(name =>
                    (
                        Name: name,
                        Path: run.Definition.Patterns.Select(p => p.FindPath(name)).FirstOrDefault(p => p is not null)
                    )
                )
                .Where(s => s.Path is not null)
                .Select(s => new SourceDefinition(s.Name, s.Path!) { Follow = true, IsMatch = true }),
        ];
    }

    /// <summary>Watches until reading is stopped, and then waits for the readers that it started.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Interval, run.Clock, stopping).ConfigureAwait(false);
                foreach (var pattern in run.Definition.Patterns)
                foreach (var path in Matches(pattern))
                    if (!paths.Contains(path))
                        await CheckAsync(pattern, path).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Reading has been stopped.
        }
        catch (PipelineInputException e)
        {
            run.Control.Fail(e.Message);
        }
        await Task.WhenAll(reading).ConfigureAwait(false);
    }

    IReadOnlyList<string> Matches(FollowedPattern pattern)
    {
        try
        {
            return pattern.Pattern.Matches(path =>
                Report(path, $"'{path}' matches '{pattern.Pattern}', and its name is not UTF-8: it is not read")
            );
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            Report(
                pattern.Pattern.ToString(),
                $"the files that match '{pattern.Pattern}' cannot be listed: {e.Message}"
            );
            return [];
        }
    }

    async ValueTask CheckAsync(FollowedPattern pattern, string path)
    {
        if (GzipNames.Is(path))
            return;
        // A file that another source reads was only renamed.
        if (
            FileId.FindNumber(path) is not { } number
            || await scope.FindOwnerAsync(number).ConfigureAwait(false) is { } owner && owner != pattern.NameOf(path)
        )
            return;
        if (await scope.IsCopyAsync(path, number, readers).ConfigureAwait(false))
            return;
        if (scope.FindOtherUse(path) is { } other)
            Report(path, $"'{path}' matches '{pattern.Pattern}' and is the {other.Name}: it is not read");
        else if (FollowCheck.Validate(path) is { } why)
            Report(path, why);
        else if (names.Contains(pattern.NameOf(path)))
            Report(
                path,
                $"'{path}' matches '{pattern.Pattern}', but another source has the name '{pattern.NameOf(path)}': it is not read"
            );
        else
            await AddAsync(new(pattern.NameOf(path), path) { Follow = true, IsMatch = true }).ConfigureAwait(false);
    }

    async ValueTask AddAsync(SourceDefinition source)
    {
        paths.Add(source.Path);
        names.Add(source.Name);
        run.AddedSources.TryAdd(source.Name, true);
        // Stored before its first line, so that the next run knows the source even if its file was renamed.
        if (run.Buffers.IsDurable)
            await run
                .Buffers.SetCheckpointAsync(
                    run.Pipeline,
                    new Checkpoint(
                        KeptPipeline.CheckpointKey,
                        (KeptPipeline.Create(run.Definition) with { Sources = names }).ToString()
                    )
                )
                .ConfigureAwait(false);
        var reader = (await opening.OpenAsync([source]).ConfigureAwait(false))[0];
        readers.Add(reader);
        reading.Add(start(reader));
    }

    void Report(string key, string what)
    {
        if (reported.Add(key))
            scope.Report(what);
    }
}
