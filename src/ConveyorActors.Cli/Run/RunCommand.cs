using System.CommandLine;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Run;

/// <summary>The verb <c>run</c>: runs lines through the commands of a pipeline.</summary>
static class RunCommand
{
    const string Examples = """
          Take two columns of a log, leave the bots out (grep answers 1 when it finds nothing, which is no failure here):
            conveyor run --source access.log --stage 'slim=cut -f1,3' --stage 'busy=grep -v bot' --ok-exit busy=0,1 --sink out.txt

          Send every line of several files to a slow program, 100 at a time, 8 at once, and keep what it cannot digest:
            conveyor run --source a.jsonl --source b.jsonl --stage 'load=./load.sh' --batch 100 --workers 8 --timeout 30s --dead-letters bad.jsonl

          Go on after Ctrl-C, a crash or a power cut, with no line lost and none doubled:
            conveyor run --data ./state --source access.log --stage 'slim=cut -f1,3' --keep-order --sink out.txt

          In a pipe:
            zcat big.gz | conveyor run --source - --stage 'up=tr a-z A-Z' | head

          From a file:
            conveyor run --pipeline nightly.json --workers 2
            {
              "sources": ["access.log", { "name": "live", "path": "-" }],
              "stages": [
                { "name": "slim", "command": "cut -f1,3" },
                { "name": "busy", "command": "grep -v bot", "okExit": [0, 1], "workers": 2, "batch": 100, "retries": 5, "timeout": "30s", "fullMode": "wait", "onStageFailure": "pause" }
              ],
              "sink": "out.txt",
              "limits": { "maxTotal": 50000, "maxPerStage": 5000, "maxPerSource": 2000, "maxBytes": "32MiB", "threshold": 0.8 },
              "maxLine": "1MiB", "keepOrder": true, "deadLetters": "bad.jsonl", "data": "./state", "stopDeadline": "10s"
            }

          A table with a header line, which every batch gets:
            conveyor run --source people.csv --header --stage 'names=cut -d, -f2' --keep-order --sink names.csv

          Look at it while it runs, at http://127.0.0.1:7070/ or with conveyor top:
            conveyor run --listen --source access.log --stage 'load=./load.sh' --sink done.txt

          A log as it grows, through its rotation, until Ctrl-C:
            conveyor run --data ./state --source 'logs/*.log' --follow --stage 'load=./load.sh' --sink done.txt

        A command that stays, as it takes long to start; it must write one line for each line, each at once:
            conveyor run --source a.jsonl --stage 'load=jq --unbuffered -c .user' --persistent load --timeout 30s --sink users.txt

        A command sees a batch of lines, not a whole file: sort, uniq, wc, head, 'tail -n +2' and awk's END work on each batch. --header gives
        each batch the source's first line; the header that a command writes is in the sink once. --one-to-one NAME catches a command that drops
        lines. What a command says on standard error is shown although it exits with 0; grep that says "binary file matches" wants -a.

        --persistent NAME starts the command once for each worker. Programs hold back what they write to a pipe until told otherwise: sed -u,
        grep --line-buffered, jq --unbuffered -c, gawk with fflush() after each print, mawk -W interactive, python3 -u, and 'stdbuf -oL cut -f1' for
        the others. grep and uniq leave lines out and sort waits for the end, so they cannot stay. A line for which nothing comes within --timeout,
        with which the command exits, or that gets two lines, fails alone as ever, and the command is started anew. Without --timeout a line may
        take for ever, but a command that never writes until its input is closed ends the run. With --header the header is its first line,
        and gets a line too.

        --follow reads a file as it grows. When it is renamed and another file comes to its path, the renamed one is read to its end, and the new one from its
        beginning once nothing has come for half a second; what is added to the renamed one within a minute is read too. A file that is cut short is read
        from its beginning, and what it had that was not read is reported. With --data a follower goes on where it was, also in a file that was renamed
        meanwhile, if that is still in its directory. The first Ctrl-C ends the reading; without --data what was read goes through, within
        --stop-deadline. A last line without an end waits for it; --last-line says what becomes of it at the stop.

        Exit codes: 0 all settled, 3 some lines are dead letters or were dropped, 2 wrong usage, 130 interrupted, 1 it could not go on.
        """;

    public static Command Create(Terminal terminal)
    {
        var verb = new Verb("run", "Moves lines from sources through shell commands to a sink.", Examples);
        var flags = new RunFlags();
        flags.AddTo(verb);
        verb.SetAction(
            (parsed, _) =>
            {
                var inputErrors = new InputErrors();
                var request = flags.Read(parsed, inputErrors);
                return request.Definition is { } definition && !inputErrors.Any
                    ? new RunSession(terminal, verb, TimeProvider.System).RunAsync(definition, request)
                    : Task.FromResult(CommandLine.ReportUsageErrors(terminal, inputErrors.All, verb));
            }
        );
        return verb;
    }
}
