using System.Net.Sockets;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Node.Running;

/// <summary>Joins the cluster, and finds out why that cannot be done.</summary>
sealed class Joining(NodeConfig given, Akka.Cluster.Cluster cluster, TimeProvider clock)
{
    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Returns true when the node is up; false when a signal or the end of the system came before.</summary>
    /// <exception cref="NodeException">No seed node let it in, in time.</exception>
    public async Task<bool> JoinAsync(Task terminated, CancellationToken signal)
    {
        var isUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.RegisterOnMemberUp(() => isUp.TrySetResult());
        // Akka joins the seed nodes of the configuration by itself.
        if (given.Seeds.Count == 0) cluster.Join(cluster.SelfAddress);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(signal);
        var timeout = Task.Delay(given.SeedTimeout, clock, ended.Token);
        await Task.WhenAny(isUp.Task, terminated, timeout).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        if (isUp.Task.IsCompleted) return true;
        if (signal.IsCancellationRequested) return false;
        // Akka ends a system that cannot trust the node it calls.
        if (terminated.IsCompleted && given.Tls is not null)
            throw new NodeException(ExitCodes.SeedOutOfReach, "no seed node let this node in: a certificate was not accepted, on this side or on the other one (the log has the reason)");
        if (terminated.IsCompleted) throw new NodeException(ExitCodes.Removed, "the cluster refused this node: its settings of Akka.Cluster differ from those of the other nodes");
        var reasons = await Task.WhenAll(given.Seeds.Where(s => s != cluster.SelfAddress.ToString()).Select(WhyNotAsync)).ConfigureAwait(false);
        throw new NodeException(ExitCodes.SeedOutOfReach, $"no seed node let this node in within {DurationText.Show(given.SeedTimeout)}: {string.Join("; ", reasons)}");
    }

    /// <summary>Returns HOST:PORT of a seed node.</summary>
    public static string Shown(string seed) => seed[(seed.IndexOf('@', StringComparison.Ordinal) + 1)..];

    static async Task<string> WhyNotAsync(string seed)
    {
        var shown = Shown(seed);
        try
        {
            var address = Address.Parse(seed);
            using var probe = new TcpClient();
            using var patience = new CancellationTokenSource(ConnectTimeout);
            await probe.ConnectAsync(address.Host!, address.Port ?? 0, patience.Token).ConfigureAwait(false);
            return $"{shown} accepts connections, but is no node of '{address.System}' that is up, or has other TLS settings";
        }
        catch (OperationCanceledException)
        {
            return $"{shown} does not reply";
        }
        catch (Exception failure) when (failure is SocketException or UriFormatException or ArgumentException)
        {
            return $"{shown}: {Messages.OneLine(failure)}";
        }
    }
}
