using ConveyorActors.Pipelines.Commands;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Sources;
using ConveyorActors.Pipelines.Sources.Following;

namespace ConveyorActors.Pipelines.Runner;

/// <summary>Checks a pipeline's definition before a file is opened or emptied.</summary>
static class DefinitionCheck
{
    /// <summary>
    /// The limit of bytes if the definition has none, so that memory stays bounded even with long lines.
    /// </summary>
    const long DefaultTotalBytes = 64L << 20;

    const int MaxDays = 40;

    /// <summary>The longest timeout, lease timeout and stop deadline; a timer cannot be set to more than 49.7 days.</summary>
    static readonly TimeSpan MaxWait = TimeSpan.FromDays(MaxDays);

    /// <exception cref="PipelineInputException">The pipeline cannot be run.</exception>
    public static void Validate(PipelineDefinition definition)
    {
        if (FindRepeated(definition.Sources.Select(s => s.Name)) is { } ofSources)
            throw new PipelineInputException($"two sources are named '{ofSources}'; each must have a unique name");
        if (FindRepeated(definition.Stages.Select(s => s.Name)) is { } ofStages)
            throw new PipelineInputException($"two stages are named '{ofStages}'; each must have a unique name");
        foreach (var stage in definition.Stages)
            Validate(stage);
        if (definition.LeaseTimeout > MaxWait)
            throw new PipelineInputException(
                $"the lease timeout is {definition.LeaseTimeout}; it must be from 3 ms to {MaxDays} days"
            );
        if (definition.StopDeadline < TimeSpan.Zero || definition.StopDeadline > MaxWait)
            throw new PipelineInputException(
                $"the stop deadline is {definition.StopDeadline}; it must be from 0 to {MaxDays} days"
            );
        foreach (var source in definition.Sources.Where(s => s.Follow))
            if (FollowCheck.Validate(source.Path) is { } why)
                throw new PipelineInputException(why);
        foreach (
            var again in definition
                .Sources.GroupBy(s => Descriptors.FindDescriptor(s.Path, Descriptors.Input))
                .Where(g => g.Key is not null && g.Count() > 1)
        )
            throw new PipelineInputException(
                $"sources '{again.First().Path}' and '{again.Last().Path}' are the same descriptor, which can be read only once"
            );
        // Compare what the names lead to now: opening a named pipe that is both source and sink would wait for itself.
        ValidateFiles(definition, definition.Sources.Select(LineSource.GetRole), null, null);
    }

    /// <summary>
    /// Checks that no file has two uses, whatever names it has. Returns the files that are used for anything but
    /// reading lines.
    /// </summary>
    /// <param name="definition">The pipeline.</param>
    /// <param name="sources">The files to read.</param>
    /// <param name="openSink">The sink's open file; null: identified by its name.</param>
    /// <param name="openLetters">The open file for dead letters; null: identified by its name.</param>
    /// <exception cref="PipelineInputException">A file has two uses.</exception>
    public static IReadOnlyList<FileRole> ValidateFiles(
        PipelineDefinition definition,
        IEnumerable<FileRole> sources,
        FileId? openSink,
        FileId? openLetters
    )
    {
        var sink = FileRole.Resolve("sink", definition.Sink.Path, FileUse.Output, Descriptors.Output);
        List<FileRole> roles = [openSink is null ? sink : sink with { Id = openSink }];
        if (definition.DeadLetterPath is { } path)
        {
            var letters = FileRole.Resolve("dead-letter file", path, FileUse.Output);
            roles.Add(openLetters is null ? letters : letters with { Id = openLetters });
        }
        roles.AddRange(definition.OtherFiles);
        return FileRole.FindConflict([.. roles, .. sources]) is { } why ? throw new PipelineInputException(why) : roles;
    }

    /// <summary>Returns the definition with a limit of bytes, adding a default if it has none.</summary>
    public static PipelineDefinition WithBytesBounded(PipelineDefinition definition) =>
        definition.Limits.MaxTotalBytes is not null
            ? definition
            : definition with
            {
                Limits = definition.Limits with
                {
                    MaxTotalBytes = Math.Max(DefaultTotalBytes, 4L * definition.MaxLine),
                },
            };

    /// <summary>Returns the first name that is given more than once; null: every name is given once.</summary>
    static string? FindRepeated(IEnumerable<string> names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return names.FirstOrDefault(name => !seen.Add(name));
    }

    static void Validate(StageDefinition stage)
    {
        if (string.IsNullOrWhiteSpace(stage.Command))
            throw new PipelineInputException(
                $"stage '{stage.Name}' has no command: an empty command would read all lines and write none"
            );
        if (stage.Timeout is { } timeout && (timeout <= TimeSpan.Zero || timeout > MaxWait))
            throw new PipelineInputException(
                $"the timeout of stage '{stage.Name}' is {timeout}; it must be more than 0 and at most {MaxDays} days"
            );
        if (stage.IsPersistent && OperatingSystem.IsWindows())
            throw new PipelineInputException(
                $"stage '{stage.Name}' is persistent, which is not possible on Windows; it must be an ordinary stage"
            );
        if (OperatingSystem.IsWindows() && WindowsShell.Validate(stage.Command) is { } why)
            throw new PipelineInputException($"stage '{stage.Name}' {why}");
        if (stage.Name == PipelineRunner.SinkStage)
            throw new PipelineInputException(
                $"a stage cannot be named '{PipelineRunner.SinkStage}': this is the name of the buffer before the sink"
            );
    }
}
