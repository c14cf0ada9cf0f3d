using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Tests.Links;

/// <summary>Each message arrives once and in order, whatever the wire does to the frames.</summary>
public class LinkStateTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    [Theory, MemberData(nameof(Seeds))]
    public void Lost_repeated_and_reordered_frames_change_nothing(int seed)
    {
        var random = new Random(seed);
        var link = Guid.NewGuid();
        LinkState[] ends = [new(link) { MaxBytes = random.Next(1, 40) }, new(link) { MaxBytes = random.Next(1, 40) }];
        List<(int To, LinkFrame Frame)> wire = [];
        List<byte[]>[] sent =

            [
                [],
                [],
            ],
            arrived =

            [
                [],
                [],
            ];
        for (var step = 0; step < 2_000 || arrived[0].Count < sent[1].Count || arrived[1].Count < sent[0].Count; step++)
        {
            Assert.True(step < 200_000, "It hangs.");
            var end = random.Next(2);
            if (step < 2_000 && random.Next(4) == 0)
            {
                var message = new byte[random.Next(200)];
                random.NextBytes(message);
                sent[end].Add(message);
                ends[end].Send(message);
            }
            foreach (var frame in ends[end].TakeNew())
                wire.Add((1 - end, frame));
            if (random.Next(10) == 0)
                foreach (var frame in ends[end].GetFramesToResend())
                    wire.Add((1 - end, frame));
            if (random.Next(3) == 0)
                wire.Add((1 - end, ends[end].CreateConfirmation()));
            for (var i = random.Next(4); i > 0 && wire.Count > 0; i--)
            {
                var at = random.Next(wire.Count);
                var (to, frame) = wire[at];
                var fate = random.Next(10);
                if (fate != 0)
                    wire.RemoveAt(at); // otherwise it comes once more
                if (fate is 1 or 2)
                    continue; // lost
                arrived[to].AddRange(ends[to].Receive(frame));
            }
            if (wire.Count > 1_000)
                wire.RemoveRange(0, 500);
        }
        Assert.Equal(sent[0], arrived[1]);
        Assert.Equal(sent[1], arrived[0]);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Calls_that_the_other_side_did_not_receive_in_full_are_known(int seed)
    {
        var random = new Random(seed);
        var link = Guid.NewGuid();
        LinkState sender = new(link) { MaxBytes = random.Next(1, 40) },
            receiver = new(link);
        List<long> executed = [];
        var calls = random.Next(1, 200);
        for (long call = 1; call <= calls; call++)
        {
            var bytes = new byte[8 + random.Next(200)];
            BitConverter.TryWriteBytes(bytes, call);
            sender.Send(bytes, call);
            var notSent = sender.CallsNotSent.ToHashSet();
            foreach (var frame in sender.TakeNew())
            {
                if (random.Next(50) == 0)
                    continue; // lost
                executed.AddRange(receiver.Receive(frame).Select(m => BitConverter.ToInt64(m)));
            }
            Assert.DoesNotContain(executed, sender.CallsNotSent.Contains);
            Assert.Subset(notSent, sender.CallsNotSent.ToHashSet());
            if (random.Next(3) == 0)
                sender.Receive(receiver.CreateConfirmation());
        }
        sender.Confirm(receiver.Received);
        Assert.Equal(Enumerable.Range(1, calls).Select(c => (long)c), executed.Concat(sender.CallsNotConfirmed));
    }

    [Fact]
    public void The_number_of_frames_in_transit_is_limited_to_the_window()
    {
        var end = new LinkState(Guid.NewGuid()) { MaxBytes = 1 };
        end.Send(new byte[10 * LinkState.Window]);
        Assert.Equal(LinkState.Window, end.TakeNew().Count());
        Assert.Empty(end.TakeNew());
        end.Receive(new(end.Link, 0, Received: 3, default, More: false));
        Assert.Equal(3, end.TakeNew().Count());
        Assert.Empty(end.GetFramesToResend()); // they may be on their way
        Assert.Equal(LinkState.Window, end.GetFramesToResend().Count());
        end.Receive(new(end.Link, 0, Received: 4, default, More: false));
        Assert.Empty(end.GetFramesToResend()); // the wire is slow, and goes on
    }

    [Fact]
    public void A_frame_far_ahead_is_not_kept()
    {
        var end = new LinkState(Guid.NewGuid());
        Assert.Empty(end.Receive(new(end.Link, LinkState.Window + 1, 0, new byte[1], More: false)));
        for (var number = 1; number <= LinkState.Window; number++)
            Assert.Single(end.Receive(new(end.Link, number, 0, new byte[1], More: false)));
        Assert.Equal(LinkState.Window, end.Received);
    }

    [Fact]
    public void The_latest_of_too_many_unread_signals_are_kept()
    {
        var end = new LinkState(Guid.NewGuid());
        for (var i = 0; i < LinkState.Window; i++)
            end.Send([0]);
        Assert.Equal(LinkState.Window, end.TakeNew().Count());
        end.Send([99]);
        for (byte i = 1; i <= 20; i++)
            end.SendLatest([i], "signals", 5);
        end.Receive(new(end.Link, 0, LinkState.Window, default, More: false));
        Assert.Equal([99, 16, 17, 18, 19, 20], end.TakeNew().Select(f => f.Part.Span[0]));
    }
}
