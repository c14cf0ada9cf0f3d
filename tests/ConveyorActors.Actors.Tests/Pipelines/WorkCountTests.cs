using ConveyorActors.Actors.Pipelines;

namespace ConveyorActors.Actors.Tests.Pipelines;

public class WorkCountTests
{
    readonly WorkCount count = new();

    [Fact]
    public void The_count_can_be_closed_only_while_there_is_no_work()
    {
        Assert.True(count.TryBegin());
        Assert.False(count.TryClose());
        count.End();
        Assert.True(count.IsZero);
        Assert.True(count.TryClose());
        Assert.True(count.IsZero);
    }

    [Fact]
    public void A_closed_count_starts_nothing_until_it_is_reopened()
    {
        Assert.True(count.TryClose());
        Assert.False(count.TryBegin());
        Assert.False(count.TryClose());
        Assert.True(count.IsZero);
        count.Reopen();
        Assert.True(count.TryBegin());
        Assert.False(count.IsZero);
    }

    [Fact]
    public async Task Many_threads_never_work_while_the_gate_is_closed()
    {
        var (isClosed, wrong, closings, stop) = (false, 0, 0, false);
        var workers = Enumerable
            .Range(0, 3)
            .Select(_ =>
                Task.Run(() =>
                {
                    while (!Volatile.Read(ref stop))
                    {
                        if (!count.TryBegin())
                            continue;
                        if (Volatile.Read(ref isClosed))
                            Interlocked.Increment(ref wrong);
                        count.End();
                        Thread.Yield();
                    }
                })
            )
            .ToArray();
        var began = TimeProvider.System.GetTimestamp();
        while (closings < 1_000 && TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30))
        {
            if (!count.TryClose())
                continue;
            Volatile.Write(ref isClosed, true);
            closings++;
            Thread.Yield();
            Volatile.Write(ref isClosed, false);
            count.Reopen();
        }
        Volatile.Write(ref stop, true);
        await Task.WhenAll(workers).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, wrong);
        Assert.Equal(1_000, closings);
        Assert.True(count.IsZero);
    }
}
