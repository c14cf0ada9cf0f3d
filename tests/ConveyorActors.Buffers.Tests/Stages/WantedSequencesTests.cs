using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Stages;

public sealed class WantedSequencesTests
{
    [Fact]
    public void No_list_means_every_record()
    {
        var all = WantedSequences.From(null);
        Assert.True(all.IsAll);
        Assert.True(all.Contains(0) && all.Contains(long.MaxValue));
    }

    [Theory]
    [InlineData]
    [InlineData(5L)]
    [InlineData(5L, 6L, 7L)]
    [InlineData(5L, 7L)]
    [InlineData(7L, 6L, 5L)]
    [InlineData(6L, 6L)]
    [InlineData(long.MinValue, long.MinValue + 1)]
    public void A_list_means_the_records_that_it_names_and_no_others(params long[] named)
    {
        foreach (IReadOnlyList<long> list in new IReadOnlyList<long>[] { named, named.ToList() })
        {
            var wanted = WantedSequences.From(list);
            Assert.False(wanted.IsAll);
            foreach (var sequence in new long[] { long.MinValue, long.MinValue + 1, 0, 4, 5, 6, 7, 8, long.MaxValue })
                Assert.Equal(named.Contains(sequence), wanted.Contains(sequence));
        }
    }
}
