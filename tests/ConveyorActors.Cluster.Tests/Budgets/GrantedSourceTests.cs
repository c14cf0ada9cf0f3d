using ConveyorActors.Cluster.Budgets;

namespace ConveyorActors.Cluster.Tests.Budgets;

public class GrantedSourceTests
{
    static readonly BudgetKey Key = new("orders", "web");

    readonly GrantedSource source = new(Key, epoch: 3, held: 0);

    static BudgetGrant Grant(long bound, long version, long epoch = 3) =>
        new(Key, epoch, version, bound, long.MaxValue, 0, 100, false);

    [Fact]
    public void Room_is_reported_to_the_singleton_only_after_the_settlement_is_in_the_journal()
    {
        source.Take(Grant(10, version: 1));
        source.LowerBound(4);
        Assert.True(source.MustWrite);
        Assert.Equal((1, 10), (source.CreateNeed().Version, source.CreateNeed().Bound));
        source.RecordWritten(2, 4);
        Assert.False(source.MustWrite);
        Assert.Equal((2, 4), (source.CreateNeed().Version, source.CreateNeed().Bound));
    }

    [Fact]
    public void Room_released_during_a_journal_write_is_reported_after_the_next_write()
    {
        source.Take(Grant(10, version: 1));
        source.LowerBound(6);
        source.LowerBound(2);
        source.RecordWritten(2, 6);
        Assert.True(source.MustWrite);
        Assert.Equal((2, 6), (source.CreateNeed().Version, source.CreateNeed().Bound));
        source.RecordWritten(1, 10); // an older write that ends later
        Assert.Equal((2, 6), (source.CreateNeed().Version, source.CreateNeed().Bound));
        source.RecordWritten(3, 2);
        Assert.Equal((3, 2), (source.CreateNeed().Version, source.CreateNeed().Bound));
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 2)]
    public void An_outdated_grant_and_a_grant_for_another_incarnation_are_void(long version, long epoch)
    {
        source.Take(Grant(10, version: 1));
        source.LowerBound(4);
        Assert.False(source.Take(Grant(20, version, epoch)));
        Assert.Equal(4, source.Bound);
        Assert.True(source.Take(Grant(20, version: 2)));
        Assert.Equal(20, source.Bound);
    }
}
