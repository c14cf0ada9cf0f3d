using ConveyorActors.Actors;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Service;

namespace ConveyorActors.Cluster.Calls;

/// <summary>Whether a call may be repeated when its reply was lost with the node that it was sent to.</summary>
enum CallKind
{
    /// <summary>The call is sent again. It changes nothing twice: it is a query, sets the same values again, or is about a lease or credits that ended with the node.</summary>
    Repeatable,

    /// <summary>As <see cref="Repeatable"/>, without a limit of time.</summary>
    Waiting,

    /// <summary>The call is not sent again; it throws an exception that says that its effect is not known.</summary>
    Once,
}

/// <summary>
/// Executes calls on the node that has their pipeline. A node without the pipeline, or that leaves, replies that nothing was done: then the call goes to the right
/// node. A node that died may have executed the call.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class RegionCalls(PipelineLocator locator, NodeServices nodes, TimeSpan timeout)
{
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10), LongestPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Executes a call.</summary>
    /// <exception cref="TimeoutException">No node had the pipeline in time; nothing was done.</exception>
    /// <exception cref="BufferServiceException">The node is gone; whether the call took effect is not known.</exception>
    public async ValueTask<T> RunAsync<T>(
        string pipeline, string what, CallKind kind, Func<ClusterBufferService, ValueTask<T>> call, CancellationToken cancellation)
    {
        Names.Checked(pipeline, nameof(pipeline));
        var began = TimeProvider.System.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var path = await locator.FindAsync(pipeline, timeout).WaitAsync(cancellation).ConfigureAwait(false);
            var node = nodes.Of(path);
            var sent = TimeProvider.System.GetTimestamp();
            Exception failure;
            try
            {
                return await call(node).ConfigureAwait(false);
            }
            catch (BufferServiceException moved) when (moved.Problem is Problem.Elsewhere or Problem.NotNow)
            {
                failure = moved;
            }
            catch (Exception lost) when (lost is BufferServiceException { Problem: null } or ObjectDisposedException)
            {
                if (kind == CallKind.Once && lost is BufferServiceException) throw Unknown(pipeline, what, path, lost);
                failure = lost;
            }
            locator.Forget(pipeline, path);
            // The call may have waited for long before the pipeline moved, so the time starts again.
            if (kind == CallKind.Waiting && TimeProvider.System.GetElapsedTime(sent) > LongestPause) (began, pause) = (TimeProvider.System.GetTimestamp(), FirstPause);
            if (TimeProvider.System.GetElapsedTime(began) >= timeout) throw GivenUp(pipeline, what, failure);
            await Task.Delay(pause, TimeProvider.System, cancellation).ConfigureAwait(false);
        }
    }

    static BufferServiceException Unknown(string pipeline, string what, string path, Exception lost) => new(
        $"{what} to pipeline '{pipeline}' was sent to {path} and got no reply: {lost.Message} Whether it was accepted there is not known: "
        + "sending it again may double it, unless the stage suppresses duplicates and the records have the same ids.", lost);

    Exception GivenUp(string pipeline, string what, Exception failure) => failure is BufferServiceException { Problem: Problem.Elsewhere or Problem.NotNow }
        ? new TimeoutException($"{what} to pipeline '{pipeline}' found no node that has the pipeline within {timeout.TotalSeconds} s. Nothing was done.", failure) : failure;
}
