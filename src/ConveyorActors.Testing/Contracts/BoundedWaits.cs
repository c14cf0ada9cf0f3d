using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Provides waits that always end: a test whose condition is never met fails instead of hanging.</summary>
public abstract class BoundedWaits
{
    /// <summary>The longest time that a test waits for one reply, in real time.</summary>
    protected static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    /// <summary>Waits for a reply, for at most <see cref="MaxWait"/>.</summary>
    protected static Task<T> Within<T>(ValueTask<T> reply) => reply.AsTask().WaitAsync(MaxWait);

    /// <summary>Waits for a reply, for at most <see cref="MaxWait"/>.</summary>
    protected static Task<T> Within<T>(Task<T> reply) => reply.WaitAsync(MaxWait);

    /// <summary>Waits for a call to complete, for at most <see cref="MaxWait"/>.</summary>
    protected static Task Within(ValueTask reply) => reply.AsTask().WaitAsync(MaxWait);

    /// <summary>Waits for a task to complete, for at most <see cref="MaxWait"/>.</summary>
    protected static Task Within(Task end) => end.WaitAsync(MaxWait);

    /// <summary>
    /// Repeats a call until its reply satisfies a condition, for a limited time: for actions that a service performs by
    /// itself, for example after the clock was advanced.
    /// </summary>
    protected static async Task<T> Eventually<T>(Func<Task<T>> read, Func<T, bool> satisfied)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var reply = await read();
            if (satisfied(reply))
                return reply;
            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < MaxWait,
                $"the condition was never met; the last value was {Format(reply)}"
            );
            await Task.Delay(Milliseconds(1), TimeProvider.System);
        }
    }

    /// <summary>Returns a time of so many seconds.</summary>
    protected static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    /// <summary>Returns a time of so many milliseconds.</summary>
    protected static TimeSpan Milliseconds(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    static string Format<T>(T reply) =>
        reply is PipelineSnapshot snapshot ? SnapshotText.Format(snapshot) : reply?.ToString() ?? "null";
}
