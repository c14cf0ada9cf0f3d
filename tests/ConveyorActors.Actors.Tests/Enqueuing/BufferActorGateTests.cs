using ConveyorActors.Actors.Enqueuing;

namespace ConveyorActors.Actors.Tests.Enqueuing;

public class BufferActorGateTests
{
    [Fact]
    public void The_gate_admits_as_much_as_there_is_room_for()
    {
        BufferActorGate gate = new(10);
        Assert.True(gate.TryTake(6));
        Assert.False(gate.TryTake(5));
        Assert.True(gate.TryTake(4));
        Assert.True(gate.TryTake(0));
        Assert.False(gate.TryTake(1));
        Assert.Equal((10, 10, 6L), (gate.Used, gate.Capacity, gate.Refused));
        gate.Release(3);
        Assert.True(gate.TryTake(3));
    }

    [Fact]
    public void A_closed_gate_admits_no_caller_and_lets_every_caller_leave()
    {
        BufferActorGate gate = new(10);
        Assert.True(gate.TryTake(6));
        Assert.False(gate.IsClosed);
        gate.Close();
        gate.Close();
        Assert.True(gate.IsClosed);
        Assert.False(gate.TryTake(1));
        Assert.False(gate.TryTake(0));
        Assert.Equal(6, gate.Used);
        gate.Release(6);
        Assert.Equal((0, true, 1L), (gate.Used, gate.IsClosed, gate.Refused));
        Assert.False(gate.TryTake(1));
    }

    [Fact]
    public void The_largest_gate_can_be_filled_and_closed()
    {
        BufferActorGate gate = new(67_108_864);
        Assert.True(gate.TryTake(67_108_864));
        Assert.False(gate.TryTake(1));
        gate.Close();
        Assert.Equal(67_108_864, gate.Used);
    }

    [Fact]
    public async Task Many_threads_never_exceed_the_capacity_and_none_enters_after_the_close()
    {
        const int Capacity = 50;
        BufferActorGate gate = new(Capacity);
        var (inside, most, rounds, taken, closed) = (0, 0, 0, 0L, 0);
        var threads = Enumerable
            .Range(0, 6)
            .Select(seed =>
                Task.Factory.StartNew(
                    () =>
                    {
                        var random = new Random(seed);
                        while (true)
                        {
                            var records = random.Next(1, 20);
                            var wasClosed = Volatile.Read(ref closed) == 1;
                            if (!gate.TryTake(records))
                            {
                                if (wasClosed)
                                    return;
                                Thread.Yield();
                                continue;
                            }
                            Assert.False(wasClosed);
                            var now = Interlocked.Add(ref inside, records);
                            InterlockedMax(ref most, now);
                            Interlocked.Add(ref taken, records);
                            Interlocked.Increment(ref rounds);
                            Thread.SpinWait(random.Next(50));
                            Interlocked.Add(ref inside, -records);
                            gate.Release(records);
                        }
                    },
                    TaskCreationOptions.LongRunning
                )
            )
            .ToArray();
        SpinWait.SpinUntil(() => Volatile.Read(ref rounds) > 200_000, TimeSpan.FromSeconds(20));
        gate.Close();
        Volatile.Write(ref closed, 1);
        await Task.WhenAll(threads).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.InRange(most, Capacity / 2, Capacity);
        Assert.True(rounds > 200_000, $"only {rounds} rounds");
        Assert.Equal(0, gate.Used);
        Assert.True(gate.Refused > 0);
    }

    static void InterlockedMax(ref int most, int now)
    {
        for (var seen = Volatile.Read(ref most); now > seen; )
            seen = Interlocked.CompareExchange(ref most, now, seen) is var was && was == seen ? now : was;
    }
}
