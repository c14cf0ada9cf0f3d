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
                        Write(terminal.Out, directory.ReadContents());
                        return FindingsReport.FindDamage(directory.Findings).Count > 0
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
            $"{CountText.FormatWithNoun(contents.Transaction, "transaction")}, {CountText.FormatWithNoun(contents.Bytes, "byte")} on disk"
        );
        foreach (var pipeline in contents.Pipelines)
        {
            to.WriteLine($"pipeline {Printable.Sanitize(pipeline.Pipeline, 200)}");
            foreach (var stage in pipeline.Stages)
                Write(to, stage);
            foreach (var (source, position) in pipeline.Positions.OrderBy(p => p.Key, StringComparer.Ordinal))
                to.WriteLine(
                    $"  source {Printable.Sanitize(source, 200)}: read up to byte {CountText.FormatExact(position.Offset)}, {CountText.FormatWithNoun(position.Number, "line")}"
                );
            foreach (var (key, value) in pipeline.Checkpoints.OrderBy(n => n.Key, StringComparer.Ordinal))
                to.WriteLine($"  checkpoint {Printable.Sanitize(key, 200)}: {Printable.Sanitize(value, 200)}");
        }
    }

    static void Write(TextWriter to, StageContents stage)
    {
        to.WriteLine(
            $"  stage {Printable.Sanitize(stage.Stage, 200)}: {CountText.FormatExact(stage.Pending)} waiting, {CountText.FormatExact(stage.Parked)} parked for lack of room, "
                + $"{CountText.FormatWithNoun(stage.DeadLetters, "dead letter")}, {CountText.FormatWithNoun(stage.Bytes, "byte")}; {CountText.FormatExact(stage.Completed)} completed, {CountText.FormatExact(stage.Retries)} retried"
        );
        foreach (var (source, pending) in stage.Sources)
            to.WriteLine($"    from {Printable.Sanitize(source, 200)}: {CountText.FormatExact(pending)}");
        foreach (var (reason, count) in stage.Losses)
            to.WriteLine($"    {reason}: {CountText.FormatExact(count)}");
    }
}
