using ConveyorActors.Actors;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Service;

namespace ConveyorActors.Cluster.Calls;

/// <summary>What may be done with a call whose reply was lost with the node that it was sent to.</summary>
enum CallKind
{
    /// <summary>It is sent again: it changes nothing twice, because it only asks, sets what is set already, or is about a lease or credits that went with the node.</summary>
    Repeatable,

    /// <summary>As <see cref="Repeatable"/>, and it may take as long as it takes to come.</summary>
    Waiting,

    /// <summary>It is not sent again, and its caller is told that its effect is not known.</summary>
    Once,
}

/// <summary>
/// Carries calls out on the node that has their pipeline. A node that does not have it has done nothing, and says so: then the call goes to the right one. A node
/// that is gone has perhaps done it.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class RegionCalls(PipelineLocator locator, NodeServices nodes, TimeSpan timeout)
{
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10), LongestPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Carries a call out.</summary>
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
            catch (BufferServiceException moved) when (moved.Problem == Problem.Elsewhere)
            {
                failure = moved;
            }
            catch (Exception lost) when (lost is BufferServiceException { Problem: null } or ObjectDisposedException)
            {
                if (kind == CallKind.Once && lost is BufferServiceException) throw Unknown(pipeline, what, path, lost);
                failure = lost;
            }
            locator.Forget(pipeline, path);
            // A wait may have been long before the pipeline moved.
            if (kind == CallKind.Waiting && TimeProvider.System.GetElapsedTime(sent) > LongestPause) (began, pause) = (TimeProvider.System.GetTimestamp(), FirstPause);
            if (TimeProvider.System.GetElapsedTime(began) >= timeout) throw GivenUp(pipeline, what, failure);
            await Task.Delay(pause, TimeProvider.System, cancellation).ConfigureAwait(false);
        }
    }

    static BufferServiceException Unknown(string pipeline, string what, string path, Exception lost) => new(
        $"{what} to pipeline '{pipeline}' was sent to {path} and not replied to: {lost.Message} It may have been accepted there, and whether it was is not known: "
        + "sending it again may double it, unless the stage suppresses duplicates and the records have the same ids.", lost);

    Exception GivenUp(string pipeline, string what, Exception failure) => failure is BufferServiceException { Problem: Problem.Elsewhere }
        ? new TimeoutException($"{what} to pipeline '{pipeline}' found no node that has the pipeline within {timeout.TotalSeconds} s. Nothing was done.", failure) : failure;
}
