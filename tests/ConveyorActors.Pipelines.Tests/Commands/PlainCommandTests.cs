using ConveyorActors.Pipelines.Commands;

namespace ConveyorActors.Pipelines.Tests.Commands;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class PlainCommandTests
{
    [UnixTheory]
    [InlineData("cut -f1,2", "cut|-f1,2")]
    [InlineData("  tr\ta-z  A-Z ", "tr|a-z|A-Z")]
    [InlineData("sed s/^/x/", "sed|s/^/x/")]
    [InlineData("sed 's/a b/$1 \"*/'", "sed|s/a b/$1 \"*/")]
    [InlineData("grep -e 'a'b'c' ''", "grep|-e|abc|")]
    [InlineData("env A=b cat", "env|A=b|cat")]
    public void Words_that_the_shell_only_splits_are_split_in_the_same_way(string command, string words) =>
        Assert.Equal(words, string.Join('|', PlainCommand.SplitWords(command)!));

    [UnixTheory]
    [InlineData("cut -f1 | sort")]
    [InlineData("cat; cat")]
    [InlineData("cat && cat")]
    [InlineData("cat &")]
    [InlineData("(cat)")]
    [InlineData("cat > out")]
    [InlineData("cat < in")]
    [InlineData("grep $HOME")]
    [InlineData("grep `id`")]
    [InlineData("grep \"a\"")]
    [InlineData("ls *.log")]
    [InlineData("ls a?")]
    [InlineData("ls [ab]")]
    [InlineData("ls ~")]
    [InlineData("echo {a,b}")]
    [InlineData("echo a\\b")]
    [InlineData("echo !!")]
    [InlineData("cat # all of it")]
    [InlineData("cat\ncat")]
    [InlineData("grep 'a")]
    [InlineData("grep \u00e4")]
    public void A_command_with_any_other_syntax_is_left_to_the_shell(string command) =>
        Assert.Null(PlainCommand.SplitWords(command));

    [UnixFact]
    public void Only_a_program_that_the_shell_has_found_is_started_directly()
    {
        Assert.Null(PlainCommand.FindProgram("conveyor-unknown -x"));
        PlainCommand.AddProgram("conveyor-builtin", "conveyor-builtin");
        PlainCommand.AddProgram("conveyor-alias", "alias conveyor-alias='/bin/ls'");
        PlainCommand.AddProgram("conveyor-program", "/opt/bin/conveyor-program");
        Assert.Null(PlainCommand.FindProgram("conveyor-builtin -x"));
        Assert.Null(PlainCommand.FindProgram("conveyor-alias -x"));
        Assert.Null(PlainCommand.FindProgram("conveyor-program -x")); // not on PATH any more

        var cat = Environment
            .GetEnvironmentVariable("PATH")!
            .Split(':')
            .Select(directory => $"{directory}/cat")
            .First(File.Exists);
        PlainCommand.AddProgram("cat", cat);
        var (path, words) = PlainCommand.FindProgram("cat -u")!.Value;
        Assert.Equal((cat, "cat -u"), (path, string.Join(' ', words)));
        Assert.Null(PlainCommand.FindProgram("A=b cat"));
        Assert.Null(PlainCommand.FindProgram("cat | cat"));
        Assert.Null(PlainCommand.FindProgram(""));
    }
}
