using System.CommandLine;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Storage;

namespace ConveyorActors.Cli.Data;

/// <summary>The verb <c>inspect</c>: shows the contents of a data directory.</summary>
static class InspectCommand
{
    const string Examples = """
          conveyor inspect ./state
        """;

    public static Command Create(Terminal terminal)
    {
        var verb = new DataVerb(
            terminal,
            new Verb("inspect", "Shows what is in a data directory that no process has open.", Examples)
        );
        verb.Verb.SetAction(
            (parsed, _) =>
                verb.RunAsync(
                    parsed,
                    new(),
                    async path =>
                    {
                        await using var directory = verb.Open(path);
                        Write(terminal.Out, directory.Contents());
                        return directory.Findings.Any(f => f.Kind == FindingKind.Damage)
                            ? ExitCodes.Failed
                            : ExitCodes.Done;
                    }
                )
        );
        return verb.Verb;
    }

    static void Write(TextWriter to, DirectoryContents contents)
    {
        to.WriteLine(
            $"{CountText.Of(contents.Transaction, "transaction")}, {CountText.Exact(contents.Bytes)} bytes on disk"
        );
        foreach (var pipeline in contents.Pipelines)
        {
            to.WriteLine($"pipeline {Printable.Text(pipeline.Pipeline, 200)}");
            foreach (var stage in pipeline.Stages)
                Write(to, stage);
            foreach (var (source, position) in pipeline.Positions.OrderBy(p => p.Key, StringComparer.Ordinal))
                to.WriteLine(
                    $"  source {Printable.Text(source, 200)}: read up to byte {CountText.Exact(position.Offset)}, {CountText.Of(position.Number, "line")}"
                );
            foreach (var (key, value) in pipeline.Checkpoints.OrderBy(n => n.Key, StringComparer.Ordinal))
                to.WriteLine($"  checkpoint {Printable.Text(key, 200)}: {Printable.Text(value, 200)}");
        }
    }

    static void Write(TextWriter to, StageContents stage)
    {
        to.WriteLine(
            $"  stage {Printable.Text(stage.Stage, 200)}: {CountText.Exact(stage.Pending)} waiting, {CountText.Exact(stage.Parked)} before it without room, "
                + $"{CountText.Of(stage.DeadLetters, "dead letter")}, {CountText.Exact(stage.Bytes)} bytes; {CountText.Exact(stage.Completed)} completed, {CountText.Exact(stage.Retries)} retried"
        );
        foreach (var (source, pending) in stage.Sources)
            to.WriteLine($"    from {Printable.Text(source, 200)}: {CountText.Exact(pending)}");
        foreach (var (reason, count) in stage.Losses)
            to.WriteLine($"    {reason}: {CountText.Exact(count)}");
    }
}
