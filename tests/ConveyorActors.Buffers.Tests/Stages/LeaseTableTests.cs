using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Stages;

public sealed class LeaseTableTests
{
    readonly LeaseTable<string> table = new();
    long lastId;

    [Fact]
    public void A_lease_that_its_consumer_settled_is_unknown_and_empty()
    {
        var lease = Add(deadline: 10);
        lease.Count = 3;
        Assert.Same(lease, table.Find(lease.Id, out var open));
        table.Close(lease, Lease<string>.LeaseState.Settled);
        Assert.Null(table.Find(lease.Id, out var closed));
        Assert.Equal((SettleStatus.Ok, SettleStatus.UnknownLease), (open, closed));
        Assert.Equal((0, Lease<string>.LeaseState.Settled), (lease.Count, lease.State));
        Assert.Same(Lease<string>.Empty.Leased, lease.Leased);
    }

    [Fact]
    public void A_lease_that_expired_is_known_as_such_and_stays_readable()
    {
        var lease = Add(deadline: 10);
        var leased = lease.Leased;
        lease.Count = 3;
        table.Close(lease, Lease<string>.LeaseState.Expired);
        Assert.Null(table.Find(lease.Id, out var status));
        Assert.Equal((SettleStatus.LeaseExpired, 3), (status, lease.Count));
        Assert.Same(leased, lease.Leased);
        Assert.NotSame(leased, table.Rent(1));
    }

    [Fact]
    public void The_last_4096_expired_leases_are_remembered()
    {
        var expired = new List<long>();
        for (var i = 0; i < 4_098; i++)
        {
            var lease = Add(deadline: 10);
            expired.Add(lease.Id);
            table.Close(lease, Lease<string>.LeaseState.Expired);
        }
        Assert.Equal(
            [SettleStatus.UnknownLease, SettleStatus.UnknownLease, SettleStatus.LeaseExpired],
            expired.Take(3).Select(StatusOf)
        );
        Assert.All(expired.Skip(2), id => Assert.Equal(SettleStatus.LeaseExpired, StatusOf(id)));
    }

    [Fact]
    public void The_first_lease_is_the_one_whose_deadline_comes_first()
    {
        var random = new Random(1);
        var open = new List<Lease<string>>(); // by deadline; of equal ones the last to be set comes last
        for (var step = 0; step < 3_000; step++)
        {
            var deadline = random.Next(20);
            if (open.Count == 0 || open.Count < 8 && random.Next(2) == 0)
                Insert(Add(deadline));
            else
            {
                var lease = open[random.Next(open.Count)];
                open.Remove(lease);
                if (random.Next(2) == 0)
                {
                    table.SetDeadline(lease, deadline);
                    Assert.Equal(deadline, lease.DeadlineMs);
                    Insert(lease);
                }
                else
                    table.Close(lease, Lease<string>.LeaseState.Settled);
            }
            Assert.Equal(Ids(open), Ids(ByDeadline()));
        }

        void Insert(Lease<string> lease) =>
            open.Insert(open.TakeWhile(l => l.DeadlineMs <= lease.DeadlineMs).Count(), lease);
    }

    [Fact]
    public void The_oldest_lease_is_the_one_that_was_taken_first()
    {
        Assert.Null(table.Oldest);
        Lease<string>[] leases =
        [
            Add(10, leasedAt: 5),
            Add(10, leasedAt: 3),
            Add(10, leasedAt: 3),
            Add(10, leasedAt: 4),
        ];
        Assert.Same(leases[1], table.Oldest);
        table.Close(leases[1], Lease<string>.LeaseState.Settled);
        Assert.Same(leases[2], table.Oldest);
        table.Close(leases[2], Lease<string>.LeaseState.Settled);
        Assert.Same(leases[3], table.Oldest);
    }

    [Fact]
    public void Leases_that_a_consumer_holds_together_have_one_root()
    {
        var (first, second, other) = (Add(10), Add(10), Add(10));
        second.SetRoot(first);
        Assert.Same(first, table.FindRoot(first.Id));
        Assert.Same(first, table.FindRoot(second.Id));
        Assert.Same(other, table.FindRoot(other.Id));
        Assert.Null(table.FindRoot(0));
        Assert.Null(table.FindRoot(999));
        Assert.Equal([first.Id, second.Id], Ids(table.GetHeldWith(first)));
        Assert.Equal([other.Id], Ids(table.GetHeldWith(other)));
    }

    [Fact]
    public void A_refused_consumer_may_try_again_with_any_of_its_leases()
    {
        var (first, second, other) = (Add(10), Add(10), Add(10));
        second.SetRoot(first);
        first.IsLimited = other.IsLimited = true;
        table.Close(first, Lease<string>.LeaseState.Settled);
        table.RetryLimited();
        Assert.False(first.IsLimited); // by way of the second
        Assert.False(other.IsLimited);
    }

    [Fact]
    public void The_holder_of_a_record_has_it_open_with_as_many_retries()
    {
        var (first, second) = (Add(10), Add(10));
        Move(first, "a", sequence: 1, retries: 0);
        Move(second, "b", sequence: 2, retries: 1);
        Assert.Equal(first.Id, table.FindHolder(Given("a", 1, retries: 0)));
        Assert.Equal(second.Id, table.FindHolder(Given("b", 2, retries: 1)));
        Assert.Equal(0, table.FindHolder(Given("b", 2, retries: 0)));
        Assert.Equal(0, table.FindHolder(Given("c", 3, retries: 0)));
        first.Leased.Settle(0);
        Assert.Equal(0, table.FindHolder(Given("a", 1, retries: 0)));
    }

    [Fact]
    public void Memory_that_is_large_enough_is_used_again()
    {
        var leased = table.Rent(64);
        Assert.Equal(64, leased.Capacity);
        leased.Add(1)[0] = "a";
        table.GiveBack(leased);
        var again = table.Rent(64);
        Assert.Same(leased, again);
        Assert.Null(again[0]);
        table.GiveBack(again);
        Assert.Equal(96, table.Rent(65).Capacity);
    }

    [Fact]
    public void Memory_of_eight_leases_at_most_is_kept()
    {
        var given = Enumerable.Range(0, 9).Select(_ => new LeasedRecords<string>(1)).ToArray();
        foreach (var leased in given)
            table.GiveBack(leased);
        var rented = Enumerable.Range(0, 9).Select(_ => table.Rent(1)).ToArray();
        Assert.Equal(given[..8].Reverse(), rented[..8]);
        Assert.DoesNotContain(rented[8], given);
    }

    /// <summary>Returns the ids: leases are compared by their records otherwise.</summary>
    static long[] Ids(IEnumerable<Lease<string>> leases) => [.. leases.Select(l => l.Id)];

    SettleStatus StatusOf(long id)
    {
        table.Find(id, out var status);
        return status;
    }

    List<Lease<string>> ByDeadline()
    {
        var found = new List<Lease<string>>();
        for (var lease = table.First; lease is not null; lease = lease.Later)
        {
            Assert.Same(found.LastOrDefault(), lease.Earlier);
            found.Add(lease);
        }
        return found;
    }

    Lease<string> Add(long deadline, long leasedAt = 0)
    {
        var lease = new Lease<string>(null, ++lastId, table.Rent(1), leasedAt, deadline, null);
        table.Add(lease);
        return lease;
    }

    static void Move(Lease<string> lease, string record, long sequence, int retries)
    {
        var queue = new SourceQueue<string>("parse", "web");
        queue.Records.Add(record, 0, sequence, 0, retries);
        queue.Records.MoveTo(lease.Leased, queue, 1);
    }

    static BufferedRecord<string> Given(string record, long sequence, int retries) =>
        new(record, "web", "p", "parse", default, retries, sequence);
}
