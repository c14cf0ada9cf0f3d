using System.CommandLine;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Run;

/// <summary>The verb <c>run</c>: runs lines through the commands of a pipeline.</summary>
static class RunCommand
{
    const string Examples = """
          Take two columns of a log and leave out the bots (grep exits with 1 if it finds nothing, which is not a failure here):
            conveyor run --source access.log --stage 'slim=cut -f1,3' --stage 'busy=grep -v bot' --ok-exit busy=0,1 --sink out.txt

          Send every line of several files to a slow program, 100 at a time, 8 at once, and keep the lines that fail:
            conveyor run --source a.jsonl --source b.jsonl --stage 'load=./load.sh' --batch 100 --workers 8 --timeout 30s --dead-letters bad.jsonl

          Continue after Ctrl-C, a crash or a power cut, with no line lost and no line repeated:
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

          A table with a header line, with which every batch begins:
            conveyor run --source people.csv --header --stage 'names=cut -d, -f2' --keep-order --sink names.csv

          Watch the run at http://127.0.0.1:7070/ or with conveyor top:
            conveyor run --listen --source access.log --stage 'load=./load.sh' --sink done.txt

          Follow a log as it grows, through its rotation, until Ctrl-C:
            conveyor run --data ./state --source 'logs/*.log' --follow --stage 'load=./load.sh' --sink done.txt

        Keep a command running that takes long to start; it must write one line for each line it reads, at once:
            conveyor run --source a.jsonl --stage 'load=jq --unbuffered -c .user' --persistent load --timeout 30s --sink users.txt

        A command sees a batch of lines, not a whole file: sort, uniq, wc, head, 'tail -n +2' and awk's END work on each batch. --header gives
        each batch the source's first line; the header that a command writes is in the sink only once. --one-to-one NAME detects a command that drops
        lines. The standard error of a command is shown even if it exits with 0; if grep reports "binary file matches", add -a.

        --persistent NAME starts the command once for each worker. Most programs buffer what they write to a pipe. To write each line at once, use sed -u,
        grep --line-buffered, jq --unbuffered -c, gawk with fflush() after each print, mawk -W interactive, python3 -u, and 'stdbuf -oL cut -f1' for
        the others. grep and uniq omit lines and sort waits for the end, so they cannot be persistent. A line fails on its own if no reply comes within
        --timeout, if the command exits instead, or if it gets two lines; the command is then restarted. Without --timeout a line may take any
        time, but a command that writes nothing until its input is closed ends the run. With --header the command reads the header first,
        and must reply to it with one line.

        --follow reads a file as it grows. If it is renamed and another file appears at its path, the renamed file is read to its end, and the new file from
        its beginning once the renamed file has not grown for half a second; lines added to the renamed file within a minute are read too. A truncated
        file is read from its beginning, and the loss of unread lines is reported. With --data a run continues where it stopped, also in a file that was
        renamed meanwhile, if the file is still in its directory. The first Ctrl-C ends the reading; without --data the lines already read go through,
        within --stop-deadline. An incomplete last line is not read until it is complete; --last-line sets what happens to it when the run stops.

        Exit codes: 0 all settled, or the output was closed by its reader (as head does), even if lines are unfinished; 3 some lines are dead letters or
        were dropped, or the data directory is damaged and lines that were kept there cannot be read; 2 wrong usage, nothing was run: also a file or data directory that is in use or cannot be opened; 130 interrupted; 1 the run failed.
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
