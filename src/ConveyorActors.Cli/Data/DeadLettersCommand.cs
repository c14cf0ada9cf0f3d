using System.CommandLine;
using ConveyorActors.Buffers;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Storage;

namespace ConveyorActors.Cli.Data;

/// <summary>The verb <c>dead-letters</c>: lists, replays or purges the dead letters of a data directory.</summary>
static class DeadLettersCommand
{
    const string Examples = """
          conveyor dead-letters ./state
          conveyor dead-letters ./state --replay
          conveyor dead-letters ./state --purge --stage slim
        """;

    public static Command Create(Terminal terminal, TimeProvider clock)
    {
        var verb = new DataVerb(
            terminal,
            new Verb(
                "dead-letters",
                "Lists the dead letters in a data directory, one line of JSON each, or replays or purges them.",
                Examples
            )
        );
        var stage = Flag.CreateSingle("--stage", "NAME", "Only the dead letters of one stage.", Values.Name);
        var replay = new Option<bool>("--replay")
        {
            Description =
                "Return the dead letters to the end of their stage's queue, with their retry count reset to 0.",
        };
        var purge = new Option<bool>("--purge") { Description = "Delete the dead letters." };
        foreach (var option in new Option[] { stage, replay, purge })
            verb.Verb.Options.Add(option);
        verb.Verb.SetAction(
            (parsed, _) =>
            {
                var inputErrors = new InputErrors();
                var only = inputErrors.Read(Values.Name, stage.Name, stage.GetText(parsed))?.Value;
                var (isReplay, isPurge) = (parsed.GetValue(replay), parsed.GetValue(purge));
                if (isReplay && isPurge)
                    inputErrors.Add("--replay and --purge are both given; it must be only one of them");
                var treatment =
                    isReplay ? DeadLetterAction.Replay
                    : isPurge ? DeadLetterAction.Purge
                    : DeadLetterAction.Show;
                return verb.RunAsync(
                    parsed,
                    inputErrors,
                    path => HandleAsync(terminal, verb, clock, path, only, treatment)
                );
            }
        );
        return verb.Verb;
    }

    /// <summary>Specifies what is done with the dead letters.</summary>
    enum DeadLetterAction
    {
        Show,
        Replay,
        Purge,
    }

    static async Task<int> HandleAsync(
        Terminal terminal,
        DataVerb verb,
        TimeProvider clock,
        string path,
        string? only,
        DeadLetterAction treatment
    )
    {
        await using var directory = verb.Open(path);
        var pipelines = directory.ReadContents().Pipelines;
        var stages = pipelines
            .SelectMany(p => p.Stages.Select(s => (p.Pipeline, s.Stage)))
            .Where(s => only is null || s.Stage == only)
            .ToList();
        if (stages.Count == 0 && only is not null)
        {
            terminal.WriteMessage(
                $"there is no stage {Printable.Quote(only)} in {Printable.Quote(path)}; it must be {DataVerb.FormatChoices(pipelines.SelectMany(p => p.Stages).Select(s => s.Stage))}"
            );
            return ExitCodes.Usage;
        }
        if (treatment == DeadLetterAction.Show)
        {
            foreach (var (pipeline, stage) in stages)
                Show(terminal, directory.GetDeadLetters(pipeline, stage));
            verb.ShowNewFindings();
            return ExitCodes.Done;
        }
        return await RemoveAsync(terminal, clock, directory, stages, treatment).ConfigureAwait(false);
    }

    /// <summary>Replays or purges the dead letters of stages, and reports how many there were.</summary>
    static async Task<int> RemoveAsync(
        Terminal terminal,
        TimeProvider clock,
        DataDirectory directory,
        IReadOnlyList<(string Pipeline, string Stage)> stages,
        DeadLetterAction treatment
    )
    {
        long count = 0;
        var how = treatment == DeadLetterAction.Replay ? "replayed" : "purged";
        try
        {
            foreach (var (pipeline, stage) in stages)
                if (treatment == DeadLetterAction.Replay)
                    count += await directory
                        .ReplayDeadLettersAsync(pipeline, stage, clock.GetUtcNow())
                        .ConfigureAwait(false);
                else
                    count += await directory.PurgeDeadLettersAsync(pipeline, stage).ConfigureAwait(false);
        }
        catch (StorageException e)
        {
            // The letters are changed in several transactions, and each that was written stays.
            terminal.WriteMessage(
                $"{ExceptionSentence.Format(e)}; some dead letters may be {how}, and {Terminal.ProgramName} dead-letters shows those that are not"
            );
            return ExitCodes.Failed;
        }
        terminal.Report($"{CountText.FormatWithNoun(count, "dead letter")} {how}");
        return ExitCodes.Done;
    }

    static void Show(Terminal terminal, IReadOnlyList<DeadLetter<ConveyorRecord>> letters)
    {
        foreach (var letter in letters)
            terminal.Out.WriteLine(PeekCommand.FormatLine(letter.Record, letter));
    }
}
