using System.CommandLine;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Cli.Data;
using ConveyorActors.Cli.Progress;
using ConveyorActors.Cli.Summary;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Storage;

namespace ConveyorActors.Cli.Run;

/// <summary>Runs a pipeline from start to summary.</summary>
sealed class RunSession(Terminal terminal, Command verb, TimeProvider clock)
{
    /// <summary>Shows the progress of the run; null until the run starts.</summary>
    IProgressView? view;

    /// <summary>Shows what is found in the data directory; null: the run has none, or it is not open yet.</summary>
    FindingsReport? findings;

    public async Task<int> RunAsync(PipelineDefinition definition, RunRequest request)
    {
        var data = request.Data;
        if (data is not null && FindOutputInDirectory(data, definition) is { } own)
            return CommandLine.ReportUsageErrors(
                terminal,
                [
                    $"{Printable.Quote(own)} would be written, but it is a file of the data directory {Printable.Quote(data)}; it must be another file",
                ],
                verb
            );
        // Before anything is created, so that a signal never ends the program while it creates files.
        using var signals = new StopSignals(clock, () => ShowStopping(definition), () => ExitAtOnce(data));
        if (TryOpen(request, out var directory) is { } unusable)
            return unusable;
        if (directory is not null && IsPossiblyLost(directory, definition.Name))
        {
            await using (directory)
                terminal.WriteMessage(
                    $"data directory {Printable.Quote(data!)} was repaired, and no longer records how far an earlier run had read and written: continuing could duplicate or destroy lines. "
                        + "Take out the waiting lines with 'conveyor drain', and start again with another data directory and another sink"
                );
            return ExitCodes.Failed;
        }
        if (directory is not null)
            foreach (var drain in UnfinishedDrains.Describe(directory, definition.Name))
                terminal.WriteMessage($"warning: {drain}");
        definition = definition with { OtherFiles = [.. GetOtherFiles(data, request.PipelineFile)] };
        await using IBufferService buffers = new EmbeddedBufferService(clock, directory);
        await using var server = new RunServer(terminal);
        if (request.Listen is { } listen && !await server.StartAsync(buffers, definition, listen))
            return ExitCodes.Failed;
        return await RunPipelineAsync(buffers, definition, request, directory, signals.Token);
    }

    /// <summary>Returns an output of the pipeline that is a file of the data directory; null: none is.</summary>
    static string? FindOutputInDirectory(string data, PipelineDefinition definition) =>
        new[] { definition.Sink.Path, definition.DeadLetterPath }.FirstOrDefault(f =>
            f is not null && DataDirectory.IsOwnFile(data, f)
        );

    /// <summary>
    /// Opens the data directory, or sets null if the run has none, and reports what was found in it. Returns null;
    /// the exit code, after reporting the reason, if the directory cannot be used.
    /// </summary>
    int? TryOpen(RunRequest request, out DataDirectory? directory)
    {
        directory = null;
        if (request.Data is not { } data)
            return null;
        try
        {
            directory = DataDirectory.Open(
                data,
                request.MaxInMemory is { } most ? new() { MaxInMemoryBytes = most } : null
            );
        }
        catch (StorageException unusable)
        {
            terminal.WriteMessage(ExceptionSentence.Format(unusable));
            return ExitCodes.GetCode(unusable);
        }
        findings = new(terminal, directory, data);
        findings.ShowNew();
        return null;
    }

    /// <summary>Runs the pipeline, shows its progress, and reports how it ended.</summary>
    async Task<int> RunPipelineAsync(
        IBufferService buffers,
        PipelineDefinition definition,
        RunRequest request,
        DataDirectory? directory,
        CancellationToken stop
    )
    {
        var data = request.Data;
        var runner = CreateRunner(buffers, definition, directory, what => view?.ShowNote($"warning: {what}"));
        view = ChooseView(definition, request.Progress);
        try
        {
            var run = runner.RunAsync(stop);
            await view.ShowAsync(runner.GetProgressAsync, run);
            findings?.ShowNew();
            return Report(await run, definition, data);
        }
        catch (PipelineInputException unwritable) when (directory?.Failure is not null)
        {
            terminal.WriteMessage(ExceptionSentence.Format(unwritable));
            return ExitCodes.Failed;
        }
        catch (PipelineInputException unreadable)
        {
            // A directory created for a mistyped --data must not exist at the next attempt.
            directory?.RemoveIfMade();
            return CommandLine.ReportUsageErrors(terminal, [ExceptionSentence.Format(unreadable)], verb);
        }
        finally
        {
            if (directory?.Failure is { } why)
                terminal.WriteMessage($"data directory {Printable.Quote(data!)} cannot be written: {why}");
        }
    }

    PipelineRunner CreateRunner(
        IBufferService buffers,
        PipelineDefinition definition,
        DataDirectory? directory,
        Action<string> reported
    ) =>
        new(buffers, definition, clock)
        {
            FindDamage = () => directory is null ? [] : FindDamage(directory),
            SinkPlanPath = directory is null ? null : DataDirectory.GetSinkFile(directory.Path, definition.Name),
            Reported = reported,
            WaitingForSink = directory is null
                ? null
                : () => directory.ReadPayloads(definition.Name, PipelineRunner.SinkStage),
        };

    static IReadOnlyList<string> FindDamage(DataDirectory directory) =>
        [.. FindingsReport.FindDamage(directory.Findings).Select(f => f.ToString())];

    IProgressView ChooseView(PipelineDefinition definition, ProgressMode progress)
    {
        var isOutputTaken = Descriptors.FindDescriptor(definition.Sink.Path, Descriptors.Output) == Descriptors.Output;
        var frames = new FrameMaker([.. definition.Stages.Select(s => s.Name)]);
        return Views.Choose(progress.Resolve(terminal, isOutputTaken), terminal, frames, clock);
    }

    /// <summary>
    /// Returns the files that have another use during the run: messages, the pipeline file, the files of the data
    /// directory.
    /// </summary>
    static IEnumerable<FileRole> GetOtherFiles(string? data, string? pipelineFile)
    {
        yield return FileRole.Resolve("", "-", FileUse.Messages, Descriptors.Error);
        if (pipelineFile is not null)
            yield return FileRole.Resolve("pipeline file", pipelineFile, FileUse.Plan);
        if (data is null)
            yield break;
        foreach (var file in DataVerb.GetFiles(data))
            yield return file;
    }

    /// <summary>
    /// Returns whether a repair may have lost the pipeline: the repair may have left nothing, so a pipeline that looks
    /// new need not be new.
    /// </summary>
    static bool IsPossiblyLost(DataDirectory directory, string pipeline) =>
        Directory.EnumerateDirectories(directory.Path, "damaged-*").Any()
        && directory.ReadContents().Pipelines.FirstOrDefault(p => p.Pipeline == pipeline)
            is not { Checkpoints.Count: > 0 };

    int Report(RunReport report, PipelineDefinition definition, string? data)
    {
        var summary = RunSummary.Create(report, definition, data);
        SummaryWriter.Write(terminal.CreateErrorConsole(), summary);
        return summary.AddsUp ? GetExitCode(report.Outcome) : ExitCodes.Failed;
    }

    internal static int GetExitCode(RunOutcome outcome) =>
        outcome switch
        {
            RunOutcome.AllSettled or RunOutcome.OutputClosed => ExitCodes.Done,
            RunOutcome.SomeLost => ExitCodes.SomeLost,
            RunOutcome.Interrupted => ExitCodes.Interrupted,
            _ => ExitCodes.Failed,
        };

    void ShowStopping(PipelineDefinition definition)
    {
        if (view is null)
            terminal.WriteMessage("stopping as soon as the run has started; press again to exit at once");
        else
            view.ShowNote(
                $"stopping: running commands have {DurationText.Format(definition.StopDeadline)} to finish; press again to exit at once"
            );
    }

    void ExitAtOnce(string? data)
    {
        terminal.Restore();
        terminal.WriteMessage(
            data is null
                ? "stopped at once; unfinished lines are not counted"
                : $"stopped at once; the next run with --data {Printable.Quote(data)} continues with the unfinished lines"
        );
        Environment.Exit(ExitCodes.Interrupted);
    }
}
