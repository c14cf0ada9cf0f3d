using ConveyorActors.Pipelines.Sources.Following;
using ConveyorActors.Testing;

namespace ConveyorActors.Pipelines.Tests.Sources.Following;

public sealed class FollowPaceTests
{
    [LinuxFact]
    public void Polls_become_rarer_while_nothing_comes_and_frequent_again_afterwards()
    {
        var clock = new FakeClock();
        var pace = new FollowPace(clock);

        Assert.Equal([25, 50, 100, 200, 400, 400], Enumerable.Range(0, 6).Select(_ => Wait()));
        pace.Reset();
        Assert.Equal([25, 50], Enumerable.Range(0, 2).Select(_ => Wait()));

        int Wait()
        {
            var wait = pace.WaitAsync(CancellationToken.None);
            for (var passed = 0; ; passed++, clock.Advance(TimeSpan.FromMilliseconds(1)))
                if (wait.IsCompleted)
                    return passed;
        }
    }
}
