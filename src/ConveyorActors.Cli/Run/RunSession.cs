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

/// <summary>One run from start to summary.</summary>
sealed class RunSession(Terminal terminal, Command verb, TimeProvider clock)
{
    public async Task<int> RunAsync(PipelineDefinition definition, RunRequest request)
    {
        var data = request.Data;
        if (
            data is not null
            && new[] { definition.Sink.Path, definition.DeadLetterPath }.FirstOrDefault(f =>
                f is not null && DataDirectory.IsOwnFile(data, f)
            )
                is { } own
        )
            return CommandLine.Refuse(
                terminal,
                [
                    $"{Printable.Quoted(own)} is to be written, and the data directory {Printable.Quoted(data)} is made of it; it must be another file",
                ],
                verb
            );
        DataDirectory? directory = null;
        try
        {
            if (data is not null)
                directory = DataDirectory.Open(
                    data,
                    request.MaxInMemory is { } most ? new() { MaxInMemoryBytes = most } : null
                );
        }
        catch (StorageException unusable)
        {
            terminal.Say(OneSentence.Of(unusable));
            return ExitCodes.Failed;
        }
        foreach (var finding in directory?.Findings ?? [])
            terminal.Say($"{data}: {finding}");
        if (directory is not null && WasLost(directory, definition.Name))
        {
            await using (directory)
                terminal.Say(
                    $"data directory {Printable.Quoted(data!)} was repaired, and where an earlier run had got to is not in it any more: to go on could double or destroy lines. "
                        + "Take out what waits with 'conveyor drain', and begin anew with another data directory and another sink"
                );
            return ExitCodes.Failed;
        }
        definition = definition with { OtherFiles = [.. OtherFiles(data, request.PipelineFile)] };
        await using IBufferService buffers = new EmbeddedBufferService(clock, directory);
        await using var server = new RunServer(terminal);
        if (request.Listen is { } listen && !await server.StartAsync(buffers, definition, listen))
            return ExitCodes.Failed;
        IProgressView? view = null;
        var runner = new PipelineRunner(buffers, definition, clock)
        {
            SinkPlanPath = directory is null ? null : DataDirectory.SinkFile(directory.Path, definition.Name),
            Reported = what => view?.Note($"warning: {what}"),
            WaitingForSink = directory is null
                ? null
                : () => directory.Payloads(definition.Name, PipelineRunner.SinkStage),
        };
        var resolved = request.Progress.Resolve(
            terminal,
            Descriptors.Named(definition.Sink.Path, Descriptors.Output) == Descriptors.Output
        );
        view = Views.Choose(resolved, terminal, new FrameMaker([.. definition.Stages.Select(s => s.Name)]), clock);
        var deadline = DurationText.Show(definition.StopDeadline);
        using var signals = new StopSignals(
            clock,
            () => view?.Note($"stopping: commands that are running may take {deadline} more; again to leave at once"),
            () => LeaveAtOnce(data)
        );
        try
        {
            var run = runner.RunAsync(signals.Token);
            await view.ShowAsync(runner.ProgressAsync, run);
            return Report(await run, definition, data);
        }
        catch (PipelineInputException unwritable) when (directory?.Failure is not null)
        {
            terminal.Say(OneSentence.Of(unwritable));
            return ExitCodes.Failed;
        }
        catch (PipelineInputException unreadable)
        {
            // A mistyped --data is not to be found there the next time.
            directory?.RemoveIfMade();
            return CommandLine.Refuse(terminal, [OneSentence.Of(unreadable)], verb);
        }
        finally
        {
            if (directory?.Failure is { } why)
                terminal.Say($"data directory {Printable.Quoted(data!)} cannot be written: {why}");
        }
    }

    /// <summary>
    /// What has another use while this runs: messages, the pipeline file, the files of the data directory.
    /// </summary>
    static IEnumerable<FileRole> OtherFiles(string? data, string? pipelineFile)
    {
        yield return FileRole.Of("", "-", FileUse.Messages, Descriptors.Error);
        if (pipelineFile is not null)
            yield return FileRole.Of("pipeline file", pipelineFile, FileUse.Plan);
        if (data is null)
            yield break;
        foreach (var file in DataVerb.Files(data))
            yield return file;
    }

    /// <summary>A repair may have had nothing left to keep: what looks new then is not.</summary>
    static bool WasLost(DataDirectory directory, string pipeline) =>
        Directory.EnumerateDirectories(directory.Path, "damaged-*").Any()
        && directory.Contents().Pipelines.FirstOrDefault(p => p.Pipeline == pipeline) is not { Checkpoints.Count: > 0 };

    int Report(RunReport report, PipelineDefinition definition, string? data)
    {
        var summary = RunSummary.Of(report, definition, data);
        SummaryWriter.Write(terminal.ErrorConsole(), summary);
        return summary.AddsUp ? ExitCode(report.Outcome) : ExitCodes.Failed;
    }

    internal static int ExitCode(RunOutcome outcome) =>
        outcome switch
        {
            RunOutcome.AllSettled or RunOutcome.OutputClosed => ExitCodes.Done,
            RunOutcome.SomeLost => ExitCodes.SomeLost,
            RunOutcome.Interrupted => ExitCodes.Interrupted,
            _ => ExitCodes.Failed,
        };

    void LeaveAtOnce(string? data)
    {
        terminal.Restore();
        terminal.Say(
            data is null
                ? "left at once; what was not finished is not counted"
                : $"left at once; the next run with --data {Printable.Quoted(data)} goes on with what was not finished"
        );
        Environment.Exit(ExitCodes.Interrupted);
    }
}
