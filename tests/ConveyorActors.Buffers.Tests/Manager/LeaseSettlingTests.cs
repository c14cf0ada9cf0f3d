using ConveyorActors.Buffers.Manager;
using ConveyorActors.Testing;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>Settling by stage and id: the status it returns, and that the stage works on after each call.</summary>
public sealed class LeaseSettlingTests
{
    static readonly SettleResult Unknown = new(SettleStatus.UnknownLease, 0);

    readonly FakeClock clock = new();
    readonly BufferManager<int> manager;
    readonly LeaseManager<int> leases;

    public LeaseSettlingTests()
    {
        var stage = new StageSettings { Backoff = BackoffSettings.None, LeaseTimeout = TimeSpan.FromSeconds(5) };
        manager = new(new() { Stage = stage }, new() { Clock = clock });
        leases = manager.Parts.Leases;
    }

    [Fact]
    public void A_stage_that_does_not_exist_has_no_lease_and_is_not_created()
    {
        Assert.Empty(manager.GetBatch("none", 1));
        Assert.Equal(Unknown, leases.Complete("none", 1, null));
        Assert.Equal(Unknown, leases.ReturnToBuffer("none", 1, null, "failed", charge: true));
        Assert.Equal(Unknown, leases.ReturnToBuffer("none", [Record(1)]));
        Assert.Equal(Unknown, leases.DeadLetter("none", 1, null, "rejected"));
        Assert.Equal(Unknown, leases.Abandon("none", [1], "died"));
        Assert.Equal(new(SettleStatus.Ok, 0), leases.Abandon("none", [], "died"));
        Assert.Equal(Unknown, leases.Renew("none", 1));
        Assert.Empty(manager.GetSnapshot().Stages);
    }

    [Fact]
    public void Each_call_settles_what_it_names_and_leaves_the_stage()
    {
        manager.BufferBatchForStage("s", "web", [1, 2, 3, 4, 5, 6]);
        var lease = manager.GetBatch("s", 6);
        Assert.Equal(new(SettleStatus.Ok, 1), leases.Complete("s", lease.Id, [1]));
        Assert.Equal((5, 0), Pending());
        Assert.Equal(new(SettleStatus.Ok, 1), leases.ReturnToBuffer("s", lease.Id, [2], "failed", charge: true));
        Assert.Equal((4, 1), Pending());
        Assert.Equal(new(SettleStatus.Ok, 1, 1), leases.DeadLetter("s", lease.Id, [3], "rejected"));
        Assert.Equal((3, 1), Pending());
        Assert.Equal(new(SettleStatus.Ok, 1), leases.ReturnToBuffer("s", [lease[3]], "failed"));
        Assert.Equal((2, 2), Pending());
        Assert.Equal(new(SettleStatus.Ok, 0), leases.Renew("s", lease.Id));
        Assert.Equal(new(SettleStatus.Ok, 2), leases.Abandon("s", [lease.Id], "died"));
        Assert.Equal((0, 4), Pending());
        Assert.Equal([1, 1, 0, 0], manager.Peek("s", 9).Select(r => r.RetryCount));
        Assert.Equal(Unknown, leases.Complete("s", 12345, null));
        Assert.Equal(new(SettleStatus.Ok, 0), leases.Abandon(Lease<int>.Empty, "died"));
        Assert.True(manager.GetSnapshot().IsConserved);
    }

    [Fact]
    public void A_lease_is_settled_by_itself_as_by_its_id()
    {
        manager.BufferBatchForStage("s", "web", [1, 2, 3, 4]);
        var lease = manager.GetBatch("s", 4);
        Assert.Equal(new(SettleStatus.Ok, 1), leases.Complete(lease, [1]));
        Assert.Equal(new(SettleStatus.Ok, 1), leases.ReturnToBuffer(lease, [2], "stopped", charge: false));
        Assert.Equal(new(SettleStatus.Ok, 1, 1), leases.DeadLetter(lease, [3], "rejected"));
        Assert.Equal(new(SettleStatus.Ok, 0), leases.Renew(lease));
        Assert.Equal(new(SettleStatus.Ok, 1), leases.ReturnToBuffer(lease, "failed"));
        Assert.Equal([(2, 0), (4, 1)], manager.Peek("s", 9).Select(r => (r.Record, r.RetryCount)));
        lease = manager.GetBatch("s", 1);
        Assert.Equal(new(SettleStatus.Ok, 1), leases.Abandon(lease, "died"));
        Assert.Equal(new(SettleStatus.Ok, 1), leases.Complete(manager.GetBatch("s", 1)));
        Assert.Equal((0, 1), Pending());
    }

    [Fact]
    public void Renewing_moves_the_deadline()
    {
        manager.BufferForStage("s", "web", 1);
        var lease = manager.GetBatch("s", 1);
        clock.Advance(TimeSpan.FromSeconds(4));
        leases.Renew(lease);
        clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal((1, 0), Pending());
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((0, 1), Pending());
        Assert.Equal(new(SettleStatus.LeaseExpired, 0), leases.Renew(lease));
    }

    [Fact]
    public void Returning_no_record_settles_nothing_whether_the_stage_exists_or_not()
    {
        Assert.Equal(new(SettleStatus.Ok, 0), leases.ReturnToBuffer("none", []));
        manager.BufferForStage("s", "web", 1);
        Assert.Equal(new(SettleStatus.Ok, 0), leases.ReturnToBuffer("s", []));
        Assert.Equal(Unknown, leases.ReturnToBuffer("s", [Record(1)])); // it waits, and no lease has it
    }

    [Fact]
    public void Wrong_arguments_are_named_whether_the_stage_exists_or_not()
    {
        Assert.Throws<ArgumentNullException>("reason", () => leases.ReturnToBuffer("none", 1, null, null!, true));
        Assert.Throws<ArgumentNullException>("reason", () => leases.ReturnToBuffer("none", [], null!));
        Assert.Throws<ArgumentNullException>("failed", () => leases.ReturnToBuffer("none", null!));
        Assert.Throws<ArgumentException>("stage", () => leases.ReturnToBuffer("", []));
        Assert.Throws<ArgumentNullException>("reason", () => leases.DeadLetter("none", 1, null, null!));
        Assert.Throws<ArgumentNullException>("reason", () => leases.Abandon("none", [], null!));
        Assert.ThrowsAny<ArgumentException>(() => leases.Abandon("", [], "died"));
    }

    [Fact]
    public void Only_lists_that_are_not_arrays_are_copied()
    {
        long[] array = [1, 2];
        Assert.Null(LeaseManager<int>.Copy(null));
        Assert.Same(array, LeaseManager<int>.Copy(array));
        List<long> list = [1, 2];
        var copied = LeaseManager<int>.Copy(list);
        list[0] = 9;
        Assert.Equal([1L, 2], copied!);
    }

    (int InFlight, int Buffered) Pending()
    {
        var total = manager.GetSnapshot().Total;
        return ((int)total.InFlight, (int)total.Buffered);
    }

    BufferedRecord<int> Record(long sequence) => new(1, "web", manager.PipelineId, "s", default, 0, sequence);
}
