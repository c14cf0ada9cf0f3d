using ConveyorActors.Cluster.Budgets;

namespace ConveyorActors.Cluster.Tests.Budgets;

public class GrantedSourceTests
{
    static readonly BudgetKey Key = new("orders", "web");

    readonly GrantedSource source = new(Key, epoch: 3, held: 0);

    static BudgetGrant Grant(long bound, long version, long epoch = 3) =>
        new(Key, epoch, version, bound, long.MaxValue, 0, 100, false);

    [Fact]
    public void The_singleton_is_told_of_room_only_when_the_journal_has_what_was_settled()
    {
        source.Take(Grant(10, version: 1));
        source.Lowered(4);
        Assert.True(source.MustWrite);
        Assert.Equal((1, 10), (source.Need().Version, source.Need().Bound));
        source.Written(2, 4);
        Assert.False(source.MustWrite);
        Assert.Equal((2, 4), (source.Need().Version, source.Need().Bound));
    }

    [Fact]
    public void Room_given_up_while_the_journal_writes_is_told_after_the_next_write()
    {
        source.Take(Grant(10, version: 1));
        source.Lowered(6);
        source.Lowered(2);
        source.Written(2, 6);
        Assert.True(source.MustWrite);
        Assert.Equal((2, 6), (source.Need().Version, source.Need().Bound));
        source.Written(1, 10); // an older write that ends later
        Assert.Equal((2, 6), (source.Need().Version, source.Need().Bound));
        source.Written(3, 2);
        Assert.Equal((3, 2), (source.Need().Version, source.Need().Bound));
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 2)]
    public void A_grant_of_before_room_was_given_back_or_for_another_incarnation_is_void(long version, long epoch)
    {
        source.Take(Grant(10, version: 1));
        source.Lowered(4);
        Assert.False(source.Take(Grant(20, version, epoch)));
        Assert.Equal(4, source.Bound);
        Assert.True(source.Take(Grant(20, version: 2)));
        Assert.Equal(20, source.Bound);
    }
}
