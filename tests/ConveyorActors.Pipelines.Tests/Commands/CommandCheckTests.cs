using ConveyorActors.Pipelines.Commands;

namespace ConveyorActors.Pipelines.Tests.Commands;

public sealed class CommandCheckTests : IDisposable
{
    readonly TempDirectory temp = new();

    public void Dispose() => temp.Dispose();

    [UnixTheory]
    [InlineData("no-such-command", "command not found: no-such-command")]
    [InlineData("  no-such-command --flag 'a;b' \"c|d\" 2>&1 >/dev/null", "command not found: no-such-command")]
    [InlineData("exec no-such-command", "command not found: no-such-command")]
    [InlineData("FOO=1 BAR='x' no-such-command", "command not found: no-such-command")]
    [InlineData("cd /tmp && no-such-command -x", "command not found: no-such-command")]
    [InlineData("(no-such-command)", "command not found: no-such-command")]
    [InlineData("no-such-command | sort", "command not found: no-such-command")]
    [InlineData("sort | no-such-command", "command not found: no-such-command")]
    [InlineData("/no/such/file", "command not found: /no/such/file")]
    [InlineData("./no-such-file x", "command not found: ./no-such-file")]
    [InlineData("/dev/null", "command cannot be executed: /dev/null")]
    [InlineData("/tmp", "command cannot be executed: /tmp is a directory")]
    public async Task A_command_that_cannot_be_started_is_named_before_the_run(string command, string why) =>
        Assert.Equal(why, await WhyNotAsync(command));

    [UnixTheory]
    [InlineData("cat")]
    [InlineData("/bin/cat -n")]
    [InlineData("exec cat")]
    [InlineData("LC_ALL=C sort | uniq -c")]
    [InlineData("cd / && cat")]
    [InlineData("cd sub && ./no-such-file")]
    [InlineData("(cat)")]
    [InlineData(":")]
    [InlineData("[ 1 = 1 ]")]
    [InlineData("test -e x")]
    [InlineData("read -r line")]
    [InlineData("if cat; then :; fi")]
    [InlineData("while read -r x; do no-such-command; done")]
    [InlineData("for i in 1 2; do no-such-command; done")]
    [InlineData("{ cat; }")]
    [InlineData("! no-such-command")]
    [InlineData("f() { cat; }; f")]
    [InlineData("no-such-command || cat")]
    [InlineData("no-such-command; cat")]
    [InlineData("true && no-such-command")]
    [InlineData("$NO_SUCH_VARIABLE cat")]
    [InlineData("\"cat\"")]
    [InlineData("PATH=/no/such no-such-command")]
    [InlineData("no-such-command \"$(date)\"")]
    [InlineData("no-such-command `date`")]
    [InlineData("cat <<x\nno-such-command\nx")]
    [InlineData("cat\nno-such-command")]
    [InlineData("# nothing")]
    [InlineData("awk '{ print }' | sed 's/|/;/' | grep -v \"a && b\"")]
    [InlineData("~/no-such-command")]
    [InlineData("no-such-c*mmand")]
    [InlineData("exec 3>&1; cat")]
    [InlineData(">/dev/null cat")]
    [InlineData("cat 2>&1")]
    [InlineData("case x in x) cat;; esac")]
    [InlineData("'unclosed")]
    public async Task A_valid_command_is_never_refused(string command) => Assert.Null(await WhyNotAsync(command));

    [UnixFact]
    public async Task An_exit_code_that_means_success_is_not_a_reason_to_refuse() =>
        Assert.Null(await WhyNotAsync(new StageDefinition("s", "no-such-command") { OkExitCodes = [0, 127] }));

    [UnixFact]
    public async Task A_file_that_is_not_executable_is_named()
    {
        var file = temp.File("plain.txt", "no program");

        Assert.Equal($"command cannot be executed: {file}", await WhyNotAsync(file));
    }

    static Task<string?> WhyNotAsync(string command) => WhyNotAsync(new StageDefinition("s", command));

    static Task<string?> WhyNotAsync(StageDefinition stage) =>
        CommandCheck.ValidateAsync(stage, TimeProvider.System, CancellationToken.None).AsTask();
}
