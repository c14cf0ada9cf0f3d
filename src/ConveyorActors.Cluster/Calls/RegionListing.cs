namespace ConveyorActors.Cluster.Calls;

/// <summary>Lists the pipelines of all nodes of a cluster.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class RegionListing(
    Func<IReadOnlyList<string>> members,
    Func<string, CancellationToken, Task<IReadOnlyList<string>>> list,
    TimeSpan timeout,
    TimeProvider clock
)
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Returns the pipelines of all nodes, each once, in the order of their names.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="TimeoutException">
    /// A node did not reply in time. The message names the node, and lists the pipelines of the others.
    /// </exception>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            var listed = members();
            var left = timeout - clock.GetElapsedTime(began);
            var replies = await Task.WhenAll(listed.Select(path => AskAsync(path, left, cancellationToken)))
                .ConfigureAwait(false);
            string[] silent = [.. listed.Where((_, i) => replies[i] is null)];
            // A pipeline of a node that joined or left meanwhile may be on a node that had replied before.
            if (silent.Length == 0 && listed.Count > 0 && listed.ToHashSet(StringComparer.Ordinal).SetEquals(members()))
                return Merge(replies);
            if (clock.GetElapsedTime(began) >= timeout)
                throw CreateIncompleteError(listed, silent, Merge(replies));
            await Task.Delay(Pause, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Returns the pipelines of one node; null: the node did not reply.</summary>
    async Task<IReadOnlyList<string>?> AskAsync(string path, TimeSpan left, CancellationToken cancellationToken)
    {
        try
        {
            return await list(path, cancellationToken)
                .WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    static IReadOnlyList<string> Merge(IEnumerable<IReadOnlyList<string>?> replies) =>
        [.. replies.SelectMany(names => names ?? []).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    TimeoutException CreateIncompleteError(IReadOnlyList<string> listed, string[] silent, IReadOnlyList<string> known)
    {
        if (listed.Count == 0)
            return new(
                $"The cluster had no node that has pipelines for {timeout.TotalSeconds} s, so its pipelines are not known."
            );
        const int mostNamed = 20;
        var named =
            known.Count == 0
                ? "none"
                : string.Join(", ", known.Take(mostNamed).Select(n => $"'{n}'"))
                    + (known.Count > mostNamed ? $" and {known.Count - mostNamed} more" : "");
        return new(
            silent.Length == 0
                ? $"Nodes joined and left the cluster for {timeout.TotalSeconds} s, so its pipelines are not known. Those seen: {named}."
                : $"{silent.Length} of {listed.Count} nodes did not say within {timeout.TotalSeconds} s which pipelines they have: {string.Join(", ", silent.Select(FormatNode))}. The other nodes have {named}."
        );
    }

    static string FormatNode(string path) =>
        ActorPath.TryParse(path, out var parsed) && parsed.Address is { Host: { } host } address
            ? $"{host}:{address.Port}"
            : path;
}
