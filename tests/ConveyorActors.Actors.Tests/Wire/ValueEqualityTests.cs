namespace ConveyorActors.Actors.Tests.Wire;

/// <summary>Messages are equal by value, so that a test can expect one, and a program can look one up.</summary>
public sealed class ValueEqualityTests(WireSystem wire) : IClassFixture<WireSystem>
{
    public static TheoryData<string> Names => WireSystem.Names;

    object Again(string name) => Examples.All(wire.Actor).Single(m => m.GetType().Name == name);

    [Theory, MemberData(nameof(Names))]
    public void Messages_with_the_same_content_are_equal(string name)
    {
        var (one, other, back) = (wire.Example(name), Again(name), wire.RoundTrip(wire.Example(name)));
        Assert.True(one.Equals(other), $"{name} is not equal to itself, created anew");
        Assert.True(one.Equals(back), $"{name} is not equal to itself, back from the wire");
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        Assert.Equal(one.GetHashCode(), back.GetHashCode());
    }

    [Theory, MemberData(nameof(Names))]
    public void Messages_that_differ_in_one_member_at_any_depth_are_not_equal(string name)
    {
        var one = wire.Example(name);
        foreach (var (path, variant) in Variants.Allowed(one, name))
        {
            // What a reply is the reply to does not count, nor does the offset of a moment.
            if (path.Contains("InReplyTo", StringComparison.Ordinal) || Same.Difference(one, variant, name) is null)
                continue;
            Assert.False(one.Equals(variant), $"{path} does not count when {name} is compared");
        }
    }
}
