using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Stages;
using ConveyorActors.Buffers.Tests.Properties;
using Xunit.Abstractions;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>
/// The lane keeps its waiters in the order they came, source by source, and knows what a newcomer has to wait for.
/// </summary>
public sealed class RoomLaneTests(ITestOutputHelper output)
{
    [Fact]
    public void A_newcomer_waits_only_for_the_resources_of_those_before_it()
    {
        var (queue, source, other) = (new RoomQueue(), Source("web"), Source("log"));
        var (here, there) = (new RoomLane(queue), new RoomLane(queue));
        var waiter = new Waiter(Queue(source));
        here.Add(waiter, OfferStatus.SourceFull);
        Assert.Equal(OfferStatus.SourceFull, here.FindRoomToWaitFor(waiter.Queue));
        Assert.Equal(OfferStatus.SourceFull, there.FindRoomToWaitFor(Queue(source)));
        Assert.Equal(OfferStatus.Accepted, here.FindRoomToWaitFor(Queue(other)));
        here.Block(waiter, OfferStatus.StageFull);
        Assert.Equal(OfferStatus.StageFull, here.FindRoomToWaitFor(Queue(other)));
        Assert.Equal(OfferStatus.Accepted, there.FindRoomToWaitFor(Queue(source)));
        here.Block(waiter, OfferStatus.GlobalFull);
        Assert.Equal(OfferStatus.GlobalFull, there.FindRoomToWaitFor(Queue(other)));
        here.Remove(waiter);
        Assert.Equal(
            (OfferStatus.Accepted, 0, 0),
            (there.FindRoomToWaitFor(Queue(other)), queue.Count, queue.ForManager)
        );
    }

    [Fact]
    public void Offers_behind_an_offer_that_waits_for_its_stage_also_wait()
    {
        var queue = new RoomQueue();
        var lane = new RoomLane(queue);
        Waiter[] waiters = [new(Queue(Source("a"))), new(Queue(Source("b"))), new(Queue(Source("c")))];
        lane.Add(waiters[0], OfferStatus.SourceFull);
        lane.Add(waiters[1], OfferStatus.StageFull);
        lane.Add(waiters[2], OfferStatus.GlobalFull);
        lane.BlockRest(waiters[1].Ticket);
        Assert.Equal(
            [OfferStatus.SourceFull, OfferStatus.StageFull, OfferStatus.StageFull],
            waiters.Select(w => w.WaitsFor)
        );
        Assert.Equal(0, queue.ForManager);
    }

    [Fact]
    public void A_lane_behaves_like_a_plain_list() =>
        RandomRuns.Check(
            output,
            2_000,
            actions =>
            {
                var queue = new RoomQueue();
                var lane = new RoomLane(queue);
                var queues = Enumerable.Range(0, 4).Select(i => Queue(Source($"{i}"))).ToArray();
                var model = new List<RoomWaiter>();
                foreach (var action in actions)
                {
                    var digits = new Digits(action);
                    var (kind, which, status) = (digits.Next(3), digits.Next(4), (OfferStatus)(1 + digits.Next(3)));
                    if (kind == 0 || model.Count == 0)
                    {
                        var waiter = new Waiter(queues[which]);
                        lane.Add(waiter, status);
                        model.Add(waiter);
                    }
                    else if (kind == 1)
                    {
                        var gone = model[digits.Next(1 << 10) % model.Count];
                        lane.Remove(gone);
                        model.Remove(gone);
                    }
                    else
                    {
                        var heads = model.GroupBy(w => w.Queue).Select(g => g.First()).ToArray();
                        lane.Block(heads[which % heads.Length], status);
                    }
                    var first = model.GroupBy(w => w.Queue).Select(g => g.First()).OrderBy(w => w.Ticket).ToArray();
                    Assert.Equal(model.OrderBy(w => w.Ticket), lane.Waiters.OrderBy(w => w.Ticket));
                    Assert.Equal((model.Count, model.Count), (lane.Count, queue.Count));
                    Assert.Equal(first.Length == 0 ? long.MaxValue : first[0].Ticket, lane.FirstTicket);
                    var found = new List<RoomWaiter>();
                    for (var head = lane.FindHead(0); head is not null; head = lane.FindHead(head.Ticket + 1))
                        found.Add(head);
                    Assert.Equal(first, found);
                    Assert.Equal(first.Count(w => w.WaitsFor == OfferStatus.GlobalFull), queue.ForManager);
                    Assert.Equal(
                        first.Count(w => w.WaitsFor == OfferStatus.SourceFull),
                        queues.Sum(q => q.Source!.Waiting)
                    );
                }
            }
        );

    sealed class Waiter(SourceQueue line) : RoomWaiter(line);

    static SourceState Source(string id)
    {
        var limits = new PoolLimits(10, null, new(0.6, 0.8));
        return new(id, limits, new CapacityPool(limits), 0);
    }

    static SourceQueue Queue(SourceState source) => new SourceQueue<int>("s", source.Id) { Source = source };
}
