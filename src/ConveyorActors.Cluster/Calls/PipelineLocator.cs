using System.Collections.Concurrent;
using ConveyorActors.Cluster.Placing;

namespace ConveyorActors.Cluster.Calls;

/// <summary>Caches the node of each pipeline, and asks the region for pipelines that are not cached.</summary>
/// <remarks>
/// Safe for use by many threads. Callers that ask for the same pipeline at the same time wait for one reply.
/// </remarks>
/// <param name="region">The region, which knows the node of each pipeline.</param>
/// <param name="interval">How often the region is asked while there is no reply.</param>
/// <param name="agreed">
/// Completes when this node has the settings of the cluster; the region is not asked before.
/// </param>
/// <param name="mostKept">The most pipelines in the cache.</param>
sealed class PipelineLocator(IActorRef region, TimeSpan interval, Task agreed, int mostKept = PipelineLocator.MaxKept)
{
    /// <summary>
    /// The default of the most pipelines in the cache, which bounds the memory of a program that requests ever new
    /// names. A pipeline that was removed from the cache is looked up again when it is used.
    /// </summary>
    const int MaxKept = 10_000;

    readonly ConcurrentDictionary<string, Lazy<Task<string>>> places = new(StringComparer.Ordinal);

    /// <summary>
    /// Returns the path of the actor that takes commands on the pipeline's node. Repeats the question until there is a
    /// reply, within the given time.
    /// </summary>
    /// <exception cref="TimeoutException">The pipeline was on no node during the whole time.</exception>
    public Task<string> FindAsync(string pipeline, TimeSpan timeout)
    {
        if (!places.TryGetValue(pipeline, out var found))
        {
            if (places.Count >= mostKept)
                Trim();
            found = places.GetOrAdd(
                pipeline,
                static (name, self) => self.Locator.CreateQuestion(name, self.Timeout),
                (Locator: this, Timeout: timeout)
            );
        }
        return found.Value;
    }

    /// <summary>Gets the number of pipelines whose nodes are cached or being looked up.</summary>
    public int Count => places.Count;

    /// <summary>Removes half of the cached entries. Look-ups that callers wait for stay.</summary>
    void Trim()
    {
        var left = mostKept / 2;
        foreach (var (pipeline, known) in places)
        {
            if (known is not { IsValueCreated: true, Value.IsCompleted: true })
                continue;
            places.TryRemove(new(pipeline, known));
            if (--left == 0)
                return;
        }
    }

    Lazy<Task<string>> CreateQuestion(string pipeline, TimeSpan timeout)
    {
        Lazy<Task<string>>? question = null;
        return question = new(() => AskAsync(pipeline, timeout, question!));
    }

    /// <summary>Removes an entry because the pipeline is not on the node that was reported.</summary>
    public void Forget(string pipeline, string path)
    {
        if (
            places.TryGetValue(pipeline, out var known)
            && known.Value is { IsCompletedSuccessfully: true, Result: var was }
            && was == path
        )
            places.TryRemove(new(pipeline, known));
    }

    /// <summary>Removes the entries of a node that is gone.</summary>
    public void Remove(Address node)
    {
        foreach (var (pipeline, known) in places)
            if (
                known is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true, Result: var path } }
                && path.StartsWith($"{node}/", StringComparison.Ordinal)
            )
                places.TryRemove(new(pipeline, known));
    }

    async Task<string> AskAsync(string pipeline, TimeSpan timeout, Lazy<Task<string>> question)
    {
        var began = TimeProvider.System.GetTimestamp();
        var isKnown = false;
        try
        {
            if (!agreed.IsCompletedSuccessfully)
                await WaitForAgreementAsync(pipeline, timeout).ConfigureAwait(false);
            while (true)
            {
                try
                {
                    var located = await region.Ask<Located>(new Locate(pipeline), interval).ConfigureAwait(false);
                    isKnown = true;
                    return located.Path;
                }
                catch (AskTimeoutException) when (TimeProvider.System.GetElapsedTime(began) < timeout)
                {
                    // The pipeline is moving, or the message to it was lost.
                }
                catch (AskTimeoutException)
                {
                    throw new TimeoutException(
                        $"Pipeline '{pipeline}' was on no node of the cluster for {timeout.TotalSeconds} s. Nothing was done."
                    );
                }
            }
        }
        finally
        {
            if (!isKnown)
                places.TryRemove(new(pipeline, question)); // only this entry, not a newer one
        }
    }

    async Task WaitForAgreementAsync(string pipeline, TimeSpan timeout)
    {
        try
        {
            await agreed.WaitAsync(timeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException(
                $"Pipeline '{pipeline}' was not asked for: for {timeout.TotalSeconds} s this node had not joined a cluster that has the same settings. Nothing was done."
            );
        }
    }
}
