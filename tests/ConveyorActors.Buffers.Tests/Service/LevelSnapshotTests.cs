using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Tests.Service;

public class LevelSnapshotTests
{
    static readonly LevelSnapshot AddsUp = new()
    {
        Limit = 10,
        Buffered = 3,
        InFlight = 2,
        Granted = 1,
        Used = 6,
        Hopping = 1,
        Offered = 15,
        Accepted = 12,
        Refused = 2,
        Completed = 4,
        Dropped = 1,
        Expired = 1,
        DeadLettered = 1,
    };

    [Fact]
    public void A_level_that_adds_up_is_reported_so()
    {
        Assert.True(AddsUp.RoomIsConserved && AddsUp.RecordsAreConserved && AddsUp.IsConserved);
        Assert.Equal((4, 6), (AddsUp.Free, AddsUp.Pending));
    }

    [Fact]
    public void Completed_dropped_expired_and_dead_lettered_records_are_settled()
    {
        var level = AddsUp with { Completed = 1_000, Dropped = 200, Expired = 30, DeadLettered = 4 };

        Assert.Equal(1_234, level.Settled);
    }

    [Fact]
    public void A_level_that_does_not_add_up_is_reported_so()
    {
        Assert.False((AddsUp with { Used = 7 }).IsConserved);
        Assert.False((AddsUp with { Granted = 0 }).RoomIsConserved);
        Assert.False((AddsUp with { Completed = 3 }).IsConserved);
        Assert.False((AddsUp with { Hopping = 2 }).RecordsAreConserved);
    }
}
