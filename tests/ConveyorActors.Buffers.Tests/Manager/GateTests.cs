using ConveyorActors.Buffers.Manager;

namespace ConveyorActors.Buffers.Tests.Manager;

[Collection(StressCollection.Name)]
public sealed class GateTests
{
    [Fact]
    public async Task Only_one_thread_at_a_time_is_inside_even_when_holders_sleep()
    {
        var gate = new Gate();
        int inside = 0,
            most = 0,
            passed = 0;
        await Within.Reason(
            Task.WhenAll(
                Enumerable
                    .Range(0, 8)
                    .Select(thread =>
                        Within.Thread(() =>
                        {
                            for (var i = 0; i < 400; i++)
                            {
                                using (gate.Pass())
                                {
                                    most = Math.Max(most, ++inside);
                                    passed++;
                                    // A holder that loses its processor: the others must go to sleep and be woken.
                                    if (i % 40 == thread)
                                        Thread.Sleep(1);
                                    else if (i % 8 == 0)
                                        Thread.Yield();
                                    inside--;
                                }
                            }
                        })
                    )
            )
        );
        Assert.Equal((0, 1, 8 * 400), (inside, most, passed));
    }

    [Fact]
    public async Task No_wake_up_is_lost_in_many_short_rounds()
    {
        // Two threads hand a turn to and fro through the gate; each round ends only when both have passed.
        var gate = new Gate();
        const int Rounds = 20_000,
            Threads = 4;
        var passed = new int[Threads];
        await Within.Reason(
            Task.WhenAll(
                Enumerable
                    .Range(0, Threads)
                    .Select(thread =>
                        Within.Thread(() =>
                        {
                            for (var i = 0; i < Rounds; i++)
                            {
                                gate.Enter();
                                passed[thread]++;
                                gate.Exit();
                                if (i % 64 == 0)
                                    Thread.Yield();
                            }
                        })
                    )
            )
        );
        Assert.All(passed, p => Assert.Equal(Rounds, p));
    }

    [Fact]
    public async Task Every_sleeper_is_woken_by_the_one_before_it()
    {
        var gate = new Gate();
        for (var round = 0; round < 20; round++)
        {
            gate.Enter();
            var passed = 0;
            var sleepers = Enumerable
                .Range(0, 6)
                .Select(_ =>
                    Within.Thread(() =>
                    {
                        using (gate.Pass())
                            passed++;
                    })
                )
                .ToArray();
            // Long enough that they have all stopped spinning.
            await Task.Delay(5);
            gate.Exit();
            await Within.Reason(Task.WhenAll(sleepers));
            Assert.Equal(6, passed);
        }
    }
}
