using ConveyorActors.Buffers.Service;
using Xunit;

namespace ConveyorActors.Testing.Contracts;

/// <summary>Waits that end in any case: a test that waits for what never comes fails, and does not hang.</summary>
public abstract class BoundedWaits
{
    /// <summary>The longest that a test waits for one answer, in real time.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Waits for an answer, but not for ever.</summary>
    protected static Task<T> Within<T>(ValueTask<T> answer) => answer.AsTask().WaitAsync(Patience);

    /// <summary>Waits for an answer, but not for ever.</summary>
    protected static Task<T> Within<T>(Task<T> answer) => answer.WaitAsync(Patience);

    /// <summary>Waits for an answer, but not for ever.</summary>
    protected static Task Within(ValueTask answer) => answer.AsTask().WaitAsync(Patience);

    /// <summary>Waits for an end, but not for ever.</summary>
    protected static Task Within(Task end) => end.WaitAsync(Patience);

    /// <summary>
    /// Asks until the answer satisfies, but not for ever: for what a service does by itself, after a step of the clock
    /// say.
    /// </summary>
    protected static async Task<T> Eventually<T>(Func<Task<T>> ask, Func<T, bool> satisfied)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (satisfied(answer))
                return answer;
            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < Patience,
                $"it never came to pass; the last answer was {Shown(answer)}"
            );
            await Task.Delay(Milliseconds(1), TimeProvider.System);
        }
    }

    /// <summary>Seconds, for short.</summary>
    protected static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    /// <summary>Milliseconds, for short.</summary>
    protected static TimeSpan Milliseconds(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    static string Shown<T>(T answer) =>
        answer is PipelineSnapshot snapshot ? SnapshotText.Of(snapshot) : answer?.ToString() ?? "null";
}
