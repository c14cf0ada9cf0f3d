using Akka.Configuration;
using ConveyorActors.Node.Running;

namespace ConveyorActors.Node.Tests.Running;

public sealed class HoconSyntaxTests
{
    [Theory]
    [InlineData("a {", "line 1: '{' is not closed")]
    [InlineData("a = 1\nb {\n c = 2\n", "line 2: '{' is not closed")]
    [InlineData("{ \"a\": 1", "line 1: '{' is not closed")]
    [InlineData("a = 1 }", "line 1: '}' closes nothing")]
    [InlineData("{ a = 1 }\n}", "line 2: '}' closes nothing")]
    [InlineData("a = [1, 2", "line 1: '[' is not closed")]
    [InlineData("a = [1, 2 }", "line 1: '[' is not closed")]
    [InlineData("]", "line 1: ']' closes nothing")]
    [InlineData("a = \"b\nc = 1", "line 1: a quoted text is not closed")]
    [InlineData("a = \"b\\", "line 1: a quoted text is not closed")]
    [InlineData("a = \"\"\"b\nc", "line 1: a text in three quotation marks is not closed")]
    [InlineData("a = ${b", "line 1: '${' is not closed")]
    [InlineData("foo bar baz", "line 1: 'foo bar baz' has no value")]
    [InlineData("a = 1\nfoo\nb = 2", "line 2: 'foo' has no value")]
    [InlineData("a =", "line 1: 'a' has no value")]
    [InlineData("x { a = }", "line 1: 'a' has no value")]
    [InlineData("= 1", "line 1: '=' has no key before it")]
    [InlineData("include \"b.conf\"", "line 1: include is not supported; everything must be in one file")]
    public void Errors_are_named_with_their_line(string text, string expected) =>
        Assert.Equal(expected, Assert.Throws<FormatException>(() => HoconSyntax.Check(text)).Message);

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n// at all")]
    [InlineData("a = 1, b = 2\nc : 3")]
    [InlineData("{ \"a\" : 1, \"b\" : [ 1, { c : 2 }, [ ] ] }")]
    [InlineData("a.b.c { d = \"x } y\", e = 5 s } # }")]
    [InlineData("a =\n  1")]
    [InlineData("a\n{ b = 1 }")]
    [InlineData("a += 1\na = ${b.c} \"text\" ${?d}")]
    [InlineData("a = \"\"\"x\n{ \" y\n\"\"\"")]
    [InlineData("a = \"b\\\"c\"\n")]
    [InlineData("serialization-bindings { \"System.Object, x\" = y }")]
    [InlineData("a = {}\nb = []\r\nc = { d = 1 } { e = 2 }")]
    public void Valid_values_are_accepted(string text) => HoconSyntax.Check(text);

    [Fact]
    public void The_configuration_files_of_the_project_and_of_Akka_are_accepted()
    {
        foreach (
            var assembly in new[]
            {
                typeof(HoconSyntax).Assembly,
                typeof(ConveyorActors.Cluster.ClusterConfig).Assembly,
                typeof(Config).Assembly,
                typeof(Akka.Cluster.Cluster).Assembly,
                typeof(Akka.Remote.RemoteActorRefProvider).Assembly,
                typeof(Akka.Persistence.Persistence).Assembly,
            }
        )
        foreach (
            var name in assembly.GetManifestResourceNames().Where(n => n.EndsWith(".conf", StringComparison.Ordinal))
        )
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            var failure = Record.Exception(() => HoconSyntax.Check(reader.ReadToEnd()));
            Assert.True(failure is null, $"{name}: {failure?.Message}");
        }
    }

    [Fact]
    public void Any_text_is_accepted_or_refused_with_its_line_number()
    {
        const string letters = "ab={}[]\",:\n#$/\\ +";
        var random = new Random(5);
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string([
                .. Enumerable.Range(0, random.Next(12)).Select(_ => letters[random.Next(letters.Length)]),
            ]);
            if (Record.Exception(() => HoconSyntax.Check(text)) is { } failure)
                Assert.StartsWith("line ", Assert.IsType<FormatException>(failure).Message, StringComparison.Ordinal);
        }
    }
}
