using System.CommandLine;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Storage;

namespace ConveyorActors.Cli.Data;

/// <summary>The verb <c>drain</c>: takes the records of a stage out of a data directory, into a file.</summary>
static class DrainCommand
{
    const string Examples = """
          conveyor drain ./state slim --to rest.txt

        A drain that was killed is gone on with by the same command: no line is lost, and none is there twice.
        """;

    public static Command Create(Terminal terminal)
    {
        var verb = new DataVerb(
            terminal, new Verb("drain", "Takes all records of a stage out of a data directory and appends them to a file, one line each. They are settled once they are there.", Examples),
            hasStage: true);
        var to = Flag.One("--to", "FILE", "Where the lines go; a file that exists is appended to.", Values.FilePath);
        verb.Verb.Options.Add(to);
        verb.Verb.SetAction((parsed, _) =>
        {
            var complaints = new Complaints();
            var file = complaints.Read(Values.FilePath, to.Name, to.Text(parsed))?.Value;
            if (to.Text(parsed) is null) complaints.Add($"--to is missing; it must be {Values.FilePath.Right}");
            return verb.RunAsync(parsed, complaints, async path =>
            {
                if (DataDirectory.IsOwnFile(path, file!))
                    return CommandLine.Refuse(terminal, [$"--to is {Printable.Quoted(file!)}, which the data directory is made of; it must be another file"], verb.Verb);
                await using var directory = verb.Open(path);
                if (verb.Find(parsed, directory.Contents()) is not { } found) return ExitCodes.Usage;
                try
                {
                    using var output = await DrainFile.OpenAsync(file!, directory, found.Pipeline, found.Stage.Stage, terminal.Say).ConfigureAwait(false);
                    if (output is null) return ExitCodes.Failed;
                    var drained = await directory.DrainAsync(found.Pipeline, found.Stage.Stage, output.Take).ConfigureAwait(false);
                    terminal.Out.WriteLine($"{CountText.Of(drained, "record")} taken out of stage {Printable.Text(found.Stage.Stage, 200)} and appended to {Printable.Text(file!, 200)}");
                    return ExitCodes.Done;
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    terminal.Say($"--to is {Printable.Quoted(file!)}, which cannot be written: {OneSentence.Of(e)}; what is not in it is still in the directory");
                    return ExitCodes.Failed;
                }
            });
        });
        return verb.Verb;
    }
}
