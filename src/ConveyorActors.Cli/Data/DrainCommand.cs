using System.CommandLine;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Pipelines.Sinks;
using ConveyorActors.Pipelines.Sources;
using ConveyorActors.Storage;

namespace ConveyorActors.Cli.Data;

/// <summary>The verb <c>drain</c>: moves the records of a stage from a data directory to a file.</summary>
static class DrainCommand
{
    const string Examples = """
          conveyor drain ./state slim --to rest.txt

        If a drain is killed, the same command continues it: no line is lost, and no line is written twice.

        Exit codes: 0 all records are in the file; 3 the directory is damaged, and records that cannot be read are not in the file; 2 wrong usage, nothing
        was drained; 1 the drain failed.
        """;

    public static Command Create(Terminal terminal)
    {
        var verb = new DataVerb(
            terminal,
            new Verb(
                "drain",
                "Moves all records of a stage from a data directory to the end of a file, one line each. A record is settled once it is in the file.",
                Examples
            ),
            hasStage: true
        );
        var to = Flag.CreateSingle(
            "--to",
            "FILE",
            "The file for the lines; an existing file is appended to.",
            Values.FilePath
        );
        verb.Verb.Options.Add(to);
        verb.Verb.SetAction(
            (parsed, _) =>
            {
                var inputErrors = new InputErrors();
                var file = inputErrors.Read(Values.FilePath, to.Name, to.GetText(parsed))?.Value;
                if (to.GetText(parsed) is null)
                    inputErrors.Add($"--to is missing; it must be {Values.FilePath.Right}");
                return verb.RunAsync(parsed, inputErrors, path => DrainAsync(terminal, verb, parsed, path, file!));
            }
        );
        return verb.Verb;
    }

    static async Task<int> DrainAsync(Terminal terminal, DataVerb verb, ParseResult parsed, string path, string file)
    {
        if (ValidateTarget(path, file) is { } wrong)
            return CommandLine.ReportUsageErrors(terminal, [wrong], verb.Verb);
        await using var directory = verb.Open(path);
        var contents = directory.ReadContents();
        if (verb.Find(parsed, contents) is not { } found)
            return ExitCodes.Usage;
        if (ValidateSource(contents, file) is { } used)
            return CommandLine.ReportUsageErrors(terminal, [used], verb.Verb);
        var exit = await AppendAsync(terminal, directory, found.Pipeline, found.Stage.Stage, file)
            .ConfigureAwait(false);
        verb.ShowNewFindings();
        return exit == ExitCodes.Done ? ReportDamage(terminal, directory, file) : exit;
    }

    /// <summary>
    /// Returns the reason why a file cannot be the output: it belongs to the data directory, or has another use; null:
    /// it can.
    /// </summary>
    static string? ValidateTarget(string path, string file) =>
        DataDirectory.IsOwnFile(path, file)
            ? $"--to is {Printable.Quote(file)}, a file of the data directory; it must be another file"
            : FileRole.FindConflict([
                FileRole.Resolve("--to", file, FileUse.Output),
                .. DataVerb.StandardOutputs,
                .. DataVerb.GetFiles(path),
            ]);

    /// <summary>
    /// Returns the reason why the contents of a data directory cannot be drained to a file; null: they can.
    /// </summary>
    static string? ValidateSource(DirectoryContents contents, string file) =>
        IsSource(file, contents)
            ? $"--to is {Printable.Quote(file)}, a source of this directory's runs, so the next run would read the drained lines again; it must be another file"
        : IsUnfinishedSink(file, contents)
            ? $"--to is {Printable.Quote(file)}, the sink of a killed run, which still contains lines that are not settled; finish the run first, or drain to another file"
        : null;

    /// <summary>Appends all records of a stage to a file, settles them, and reports how many there were.</summary>
    static async Task<int> AppendAsync(
        Terminal terminal,
        DataDirectory directory,
        string pipeline,
        string stage,
        string file
    )
    {
        var isOpen = false;
        try
        {
            using var output = await DrainFile
                .OpenAsync(file, directory, pipeline, stage, terminal.WriteMessage)
                .ConfigureAwait(false);
            if (output is null)
                return ExitCodes.Usage;
            isOpen = true;
            if (
                await TryDrainAsync(terminal, directory, pipeline, stage, output).ConfigureAwait(false)
                is not { } drained
            )
                return ExitCodes.Failed;
            terminal.Report(
                $"{CountText.FormatWithNoun(drained, "record")} taken out of stage {Printable.Sanitize(stage, 200)} and appended to {Printable.Sanitize(file, 200)}"
            );
            return ExitCodes.Done;
        }
        catch (PipelineInputException e)
        {
            terminal.WriteMessage(
                $"{ExceptionSentence.Format(e)}; records that are not in the file are still in the directory"
            );
            return isOpen ? ExitCodes.Failed : ExitCodes.Usage;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            terminal.WriteMessage(
                $"--to is {Printable.Quote(file)}, which cannot be written: {Printable.Sanitize(Failures.DescribeReason(e, file), 400)}; records that are not in the file are still in the directory"
            );
            return ExitCodes.Failed;
        }
    }

    /// <summary>
    /// Reports records that cannot be read, and are thus not in the file. Returns the exit code: a script must not take
    /// the directory for empty.
    /// </summary>
    static int ReportDamage(Terminal terminal, DataDirectory directory, string file)
    {
        var damages = FindingsReport.FindDamage(directory.Findings).Count;
        if (damages == 0)
            return ExitCodes.Done;
        terminal.WriteMessage(
            $"the data directory is damaged in {CountText.FormatWithNoun(damages, "place")}: records that cannot be read are not in {Printable.Sanitize(file, 200)}; see {Terminal.ProgramName} fsck"
        );
        return ExitCodes.SomeLost;
    }

    /// <summary>
    /// Returns the number of records drained; null, after reporting the reason, if a settlement cannot be stored after
    /// its records were written.
    /// </summary>
    static async Task<long?> TryDrainAsync(
        Terminal terminal,
        DataDirectory directory,
        string pipeline,
        string stage,
        DrainFile output
    )
    {
        try
        {
            return await directory.DrainAsync(pipeline, stage, output.Take).ConfigureAwait(false);
        }
        catch (StorageException e) when (output.DescribeUnsettled() is { } unsettled)
        {
            terminal.WriteMessage($"{ExceptionSentence.Format(e)}; {unsettled}");
            return null;
        }
    }

    static bool IsSource(string file, DirectoryContents contents) =>
        FileId.FindNumber(file) is { } number
        && contents.Pipelines.Any(p => p.Checkpoints.ContainsKey(SourceHistory.FileKey + number));

    /// <summary>
    /// Returns whether a file is the sink of an unfinished run. The next run truncates such a sink to its mark, which
    /// would delete records that the drain has appended and settled.
    /// </summary>
    static bool IsUnfinishedSink(string file, DirectoryContents contents) =>
        contents
            .Pipelines.Select(p =>
                p.Checkpoints.TryGetValue(SinkMark.Key, out var checkpoint) ? SinkMark.Parse(checkpoint) : null
            )
            .Any(m =>
                m is { IsOpen: true, Length: not null }
                && (m.Path == Path.GetFullPath(file) || m.Number is { } number && number == FileId.FindNumber(file))
            );
}
