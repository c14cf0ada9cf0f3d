using System.Runtime.CompilerServices;
using ConveyorActors.Actors;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Cluster.Calls;

/// <summary>
/// Reads a source's signals from the node that has the pipeline, and after a move from the next node.
/// </summary>
sealed class RegionSignals(PipelineLocator locator, NodeServices nodes, TimeSpan timeout)
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Reads signals until the pipeline is stopped. While the pipeline moves, the signal is
    /// <see cref="BackpressureSignal.Pause"/>.
    /// </summary>
    public async IAsyncEnumerable<BackpressureSignal> ReadAsync(
        string pipeline,
        string source,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        while (true)
        {
            string? path = null;
            try
            {
                path = await locator.FindAsync(pipeline, timeout).WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // A source may wait without a time limit.
            }
            if (path is null)
                continue;
            var node = nodes.LinkTo(path);
            await using var signals = node.SubscribeSignalsAsync(pipeline, source, cancellationToken)
                .GetAsyncEnumerator(cancellationToken);
            while (await MoveNextAsync(signals, cancellationToken).ConfigureAwait(false) is { } isThere)
            {
                if (isThere)
                    yield return signals.Current;
                else if (nodes.IsCurrent(path, node))
                    yield break; // the pipeline was stopped
                else
                    break;
            }
            locator.Forget(pipeline, path);
            yield return BackpressureSignal.Pause;
            await Task.Delay(Pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Returns whether there is a further signal; null: the node is gone, or does not have the pipeline.
    /// </summary>
    static async ValueTask<bool?> MoveNextAsync(
        IAsyncEnumerator<BackpressureSignal> signals,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await signals.MoveNextAsync().ConfigureAwait(false);
        }
        catch (BufferServiceException lost) when (lost.Problem is null or Problem.Elsewhere or Problem.NotNow)
        {
            return null;
        }
        catch (ObjectDisposedException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
