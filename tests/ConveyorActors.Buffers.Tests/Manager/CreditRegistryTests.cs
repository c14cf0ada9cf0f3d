using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Tests.Manager;

public sealed class CreditRegistryTests
{
    readonly CreditRegistry book = new();
    readonly SourceQueue<int> line = new("parse", "web");

    [Fact]
    public void Credits_expire_in_the_order_of_their_times()
    {
        var late = book.Open(line, 1, 0, 30);
        var early = book.Open(line, 2, 0, 10);
        Assert.Equal(10, book.NextDue);
        Assert.Null(book.RemoveNextExpired(9));
        Assert.Same(early, book.RemoveNextExpired(10));
        Assert.Equal((2, 0), book.Close(early));
        Assert.Equal(30, book.NextDue);
        Assert.Same(late, book.RemoveNextExpired(30));
    }

    [Fact]
    public void Used_or_closed_credits_do_not_expire()
    {
        var used = book.Open(line, 1, 0, 10);
        var closed = book.Open(line, 3, 5, 20);
        var kept = book.Open(line, 1, 0, 30);
        book.Use(used);
        Assert.Equal((3, 15), book.Close(closed));
        Assert.Same(kept, book.RemoveNextExpired(100));
        Assert.Null(book.RemoveNextExpired(100));
        Assert.Equal(1, book.Count);
        Assert.Equal((1, 0), (line.Granted, line.GrantedBytes));
    }

    [Fact]
    public void A_credit_is_found_for_its_own_source_only()
    {
        var credit = book.Open(line, 1, 0, 10);
        Assert.Same(credit, book.Find(credit.Id, line));
        Assert.Null(book.Find(credit.Id, new SourceQueue<int>("parse", "other")));
        book.Use(credit);
        Assert.Null(book.Find(credit.Id, line));
    }

    [Fact]
    public void The_calendar_does_not_grow_with_used_credits_while_one_stays_open()
    {
        book.Open(line, 1, 0, long.MaxValue - 1);
        for (var i = 0; i < 100_000; i++)
            book.Use(book.Open(line, 1, 0, 1_000_000_000));
        Assert.Equal(1, book.Count);
        Assert.InRange(book.CalendarLength, 1, 100);
    }
}
