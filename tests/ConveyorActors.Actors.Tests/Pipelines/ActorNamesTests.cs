using System.Text;
using ConveyorActors.Actors.Pipelines;

namespace ConveyorActors.Actors.Tests.Pipelines;

public class ActorNamesTests
{
    [Fact]
    public void No_two_names_have_the_same_actor_and_every_one_may_be_in_a_path()
    {
        string[] names =
        [
            "orders",
            "a b",
            "a%20b",
            "Aufträge",
            "a/b",
            "$a",
            "a\uD800",
            "a\uD801",
            "a\uDFFF",
            "\uDFFFa",
            "\uFFFD",
            "a\uFFFD",
            "\uD83D\uDE9A",
            "\uDE9A\uD83D",
            "\uD83D\uD83D\uDE9A",
            "\uDBFF\uDFFF",
            "\uDBFF\uDFFF\uE000",
            "%ED%A0%80",
            "a%ED%A0%80",
            "é",
            "e\u0301",
        ];
        var escaped = names.Select(ActorNames.Escape).ToList();
        Assert.All(escaped, e => Assert.True(ActorPath.IsValidPathElement(e), e));
        Assert.All(escaped, e => Assert.Equal(e, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(e))));
        Assert.Equal(names.Length, escaped.Distinct(StringComparer.Ordinal).Count());
    }
}
