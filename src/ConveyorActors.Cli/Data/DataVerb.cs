using System.CommandLine;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Storage;

namespace ConveyorActors.Cli.Data;

/// <summary>
/// The shared part of the verbs on a data directory: the DIR argument, the choice of the pipeline, and the check that
/// no other process has the directory open.
/// </summary>
sealed class DataVerb
{
    readonly Terminal terminal;
    readonly Argument<string?> directory = new("DIR")
    {
        Description = "The data directory, as given to conveyor run --data.",
        Arity = ArgumentArity.ZeroOrOne,
    };
    readonly Argument<string?>? stage;
    readonly Flag pipeline = Flag.CreateSingle(
        "--pipeline-name",
        "NAME",
        "The pipeline, if the directory has several.",
        Values.Name
    );
    FindingsReport? findings;

    public DataVerb(Terminal terminal, Verb verb, bool hasStage = false)
    {
        (this.terminal, Verb) = (terminal, verb);
        verb.Arguments.Add(directory);
        if (!hasStage)
            return;
        stage = new("STAGE")
        {
            Description = "The name of the stage, as conveyor inspect shows it.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        verb.Arguments.Add(stage);
        verb.Options.Add(pipeline);
    }

    public Verb Verb { get; }

    /// <summary>Runs the work of a verb. Problems of the directory are reported as sentences.</summary>
    public async Task<int> RunAsync(ParseResult parsed, InputErrors inputErrors, Func<string, Task<int>> work)
    {
        var path = parsed.GetValue(directory);
        if (path is null)
            inputErrors.Add("DIR is missing; it must be the path of a data directory");
        else if (string.IsNullOrWhiteSpace(path))
            inputErrors.AddWrong("DIR", path, "the path of a data directory");
        if (stage is not null && parsed.GetValue(stage) is null)
            inputErrors.Add(
                $"STAGE is missing; it must be the name of a stage, as {Terminal.ProgramName} inspect DIR shows it"
            );
        if (inputErrors.Any)
            return CommandLine.ReportUsageErrors(terminal, inputErrors.All, Verb);
        try
        {
            if (!DataDirectory.Exists(path!))
                return CommandLine.ReportUsageErrors(
                    terminal,
                    [$"DIR is {Printable.Quote(path!)}; it must be a data directory, and none is found there"],
                    Verb
                );
            if (FileRole.FindConflict([.. StandardOutputs, .. GetFiles(path!)]) is { } clash)
                return CommandLine.ReportUsageErrors(terminal, [clash], Verb);
            return await work(path!).ConfigureAwait(false);
        }
        catch (StorageException unusable)
        {
            terminal.WriteMessage(ExceptionSentence.Format(unusable));
            return ExitCodes.GetCode(unusable);
        }
    }

    /// <summary>Gets the standard output and standard error, to which messages are written.</summary>
    public static IEnumerable<FileRole> StandardOutputs =>
        [
            FileRole.Resolve("", "-", FileUse.Messages, Descriptors.Output),
            FileRole.Resolve("", "-", FileUse.Messages, Descriptors.Error),
        ];

    /// <summary>Returns the files of a data directory, which must have no other use.</summary>
    public static IEnumerable<FileRole> GetFiles(string path) =>
        DataDirectory.FindOwnFiles(path).Select(f => FileRole.Resolve("data directory's file", f, FileUse.State));

    /// <summary>Opens the directory and reports damage found in it.</summary>
    public DataDirectory Open(string path)
    {
        var opened = DataDirectory.Open(path);
        findings = new(terminal, opened, path);
        findings.ShowNew();
        return opened;
    }

    /// <summary>Reports damage found in the directory since it was opened.</summary>
    public void ShowNewFindings() => findings?.ShowNew();

    /// <summary>Returns the chosen stage; null, after reporting the reason, if there is no such stage.</summary>
    public (string Pipeline, StageContents Stage)? Find(ParseResult parsed, DirectoryContents contents)
    {
        var wanted = parsed.GetValue(stage!)!;
        var named = pipeline.GetText(parsed);
        var found = contents
            .Pipelines.Where(p => named is null || p.Pipeline == named)
            .SelectMany(p => p.Stages.Where(s => s.Stage == wanted).Select(s => (p.Pipeline, s)))
            .ToList();
        if (found.Count == 1)
            return found[0];
        if (named is not null && contents.Pipelines.All(p => p.Pipeline != named))
        {
            terminal.WriteMessage(
                $"there is no pipeline {Printable.Quote(named)}; it must be {FormatChoices(contents.Pipelines.Select(p => p.Pipeline))}"
            );
            return null;
        }
        terminal.WriteMessage(
            found.Count > 1
                ? $"stage {Printable.Quote(wanted)} is in the pipelines {string.Join(", ", found.Select(f => f.Pipeline))}; choose one of them with --pipeline-name"
                : $"there is no stage {Printable.Quote(wanted)}; it must be {FormatChoices(contents.Pipelines.Where(p => named is null || p.Pipeline == named).SelectMany(p => p.Stages).Select(s => s.Stage))}"
        );
        return null;
    }

    /// <summary>Returns the end of a sentence that begins with "it must be".</summary>
    public static string FormatChoices(IEnumerable<string> names) =>
        names.Distinct().Order(StringComparer.Ordinal).Select(n => Printable.Sanitize(n, 200)).ToList()
            is { Count: > 0 } known
            ? "one of " + string.Join(", ", known)
            : "the name of one in the directory, which is empty";
}
