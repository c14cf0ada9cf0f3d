using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Stages;

public sealed class RememberedIdTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("order-17")]
    public void A_short_id_is_remembered_as_it_is(string? id) => Assert.Equal(id, RememberedId.Create(id));

    [Fact]
    public void A_long_id_is_remembered_as_a_hash_of_all_its_characters()
    {
        var longest = new string('x', 64);
        Assert.Equal(longest, RememberedId.Create(longest));
        string[] ids =
        [
            longest + "1",
            longest + "2",
            "2" + longest,
            // Half of a surrogate pair has no bytes of its own in UTF-8.
            longest + '\ud800',
            longest + '\ud801',
            new string('x', 1_000_000),
        ];

        var remembered = ids.Select(RememberedId.Create).ToArray();

        Assert.Equal(ids.Length, remembered.Distinct().Count());
        Assert.All(remembered, r => Assert.Equal(64, r!.Length));
        Assert.Equal(remembered, remembered.Select(RememberedId.Create));
        Assert.Equal(remembered, ids.Select(id => RememberedId.Create(new string(id))));
    }
}
