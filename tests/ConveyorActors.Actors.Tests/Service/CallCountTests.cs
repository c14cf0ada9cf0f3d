using ConveyorActors.Actors.Service;

namespace ConveyorActors.Actors.Tests.Service;

/// <summary>A stop waits for the calls that were made before it, and for no others.</summary>
public class CallCountTests
{
    readonly CallCount calls = new();

    [Fact]
    public void Without_calls_the_wait_ends_at_once() => Assert.True(calls.WhenOverAsync().IsCompleted);

    [Fact]
    public void The_wait_ends_when_the_last_earlier_call_has_ended()
    {
        var (one, two) = (calls.Begin(), calls.Begin());
        calls.Begin().Dispose();

        var over = calls.WhenOverAsync();

        one.Dispose();
        Assert.False(over.IsCompleted);
        two.Dispose();
        Assert.True(over.IsCompleted);
    }

    [Fact]
    public void Later_calls_do_not_prolong_the_wait()
    {
        var earlier = calls.Begin();
        var over = calls.WhenOverAsync();
        using var later = calls.Begin();

        earlier.Dispose();

        Assert.True(over.IsCompleted);
    }

    [Fact]
    public async Task Calls_from_many_threads_are_all_counted()
    {
        var ended = 0;
        var started = new CountdownEvent(4);
        var threads = Enumerable
            .Range(0, 4)
            .Select(_ =>
                Task.Run(() =>
                {
                    var mine = Enumerable.Range(0, 1000).Select(_ => calls.Begin()).ToArray();
                    started.Signal();
                    foreach (var call in mine)
                    {
                        Interlocked.Increment(ref ended);
                        call.Dispose();
                    }
                })
            )
            .ToArray();
        started.Wait(TimeSpan.FromSeconds(30));

        await calls.WhenOverAsync().WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(4000, ended);
        await Task.WhenAll(threads);
    }
}
