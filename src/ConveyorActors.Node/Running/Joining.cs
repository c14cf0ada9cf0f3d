using System.Net.Sockets;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Cluster.Joining;

namespace ConveyorActors.Node.Running;

/// <summary>Joins the cluster, and determines the reason if that fails.</summary>
sealed class Joining(NodeConfig given, ActorSystem system, TimeProvider clock)
{
    readonly Akka.Cluster.Cluster cluster = Akka.Cluster.Cluster.Get(system);

    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Joins the cluster. Returns when the node is up, was removed before that, or a signal came before that.
    /// </summary>
    /// <exception cref="NodeException">
    /// No seed node admitted the node in time, or the node cannot be in this cluster.
    /// </exception>
    public async Task<JoinOutcome> JoinAsync(CancellationToken signal)
    {
        var isUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.RegisterOnMemberUp(() => isUp.TrySetResult());
        // Akka itself joins the seed nodes of the configuration.
        if (given.Seeds.Count == 0)
            cluster.Join(cluster.SelfAddress);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(signal);
        var timeout = Task.Delay(given.SeedTimeout, clock, ended.Token);
        await Task.WhenAny(isUp.Task, system.WhenTerminated, timeout).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        if (isUp.Task.IsCompleted)
            return JoinOutcome.Up;
        if (signal.IsCancellationRequested)
            return JoinOutcome.Signalled;
        if (system.WhenTerminated.IsCompleted)
            return GetOutcome();
        var reasons = await Task.WhenAll(
                given.Seeds.Where(s => s != cluster.SelfAddress.ToString()).Select(DescribeUnreachableAsync)
            )
            .ConfigureAwait(false);
        throw new NodeException(
            ExitCodes.SeedOutOfReach,
            $"no seed node admitted this node within {DurationText.Format(given.SeedTimeout)}: {string.Join("; ", reasons)}"
        );
    }

    /// <summary>
    /// Throws the reason if the actor system ended, or ends, because this node has other settings than the cluster.
    /// </summary>
    /// <exception cref="NodeException">The settings differ; the message names the setting and both values.</exception>
    public static void ThrowIfSettingsDiffer(ActorSystem system)
    {
        if (CoordinatedShutdown.Get(system).ShutdownReason is SettingsDifferReason differ)
            throw new NodeException(ExitCodes.Configuration, $"this node cannot join the cluster: {differ.Difference}");
    }

    JoinOutcome GetOutcome()
    {
        ThrowIfSettingsDiffer(system);
        // The node that was called was itself on the losing side of a partition, or had been silent for too long.
        if (CoordinatedShutdown.Get(system).ShutdownReason is CoordinatedShutdown.ClusterDowningReason)
            return JoinOutcome.Removed;
        throw given.Tls is null
            ? new NodeException(
                ExitCodes.Removed,
                "the cluster refused this node: its settings of Akka.Cluster differ from those of the other nodes"
            )
            // Akka ends a system that cannot trust the node that it called.
            : new NodeException(
                ExitCodes.SeedOutOfReach,
                "no seed node admitted this node: a certificate was not accepted, on this side or on the other one (the log has the reason)"
            );
    }

    /// <summary>Returns HOST:PORT of a seed node.</summary>
    public static string FormatSeed(string seed) => seed[(seed.IndexOf('@', StringComparison.Ordinal) + 1)..];

    static async Task<string> DescribeUnreachableAsync(string seed)
    {
        var shown = FormatSeed(seed);
        try
        {
            var address = Address.Parse(seed);
            using var probe = new TcpClient();
            using var timeout = new CancellationTokenSource(ConnectTimeout);
            await probe.ConnectAsync(address.Host!, address.Port ?? 0, timeout.Token).ConfigureAwait(false);
            return $"{shown} accepts connections, but is not a node of '{address.System}' that is up, or has different TLS settings";
        }
        catch (OperationCanceledException)
        {
            return $"{shown} does not reply";
        }
        catch (Exception failure) when (failure is SocketException or UriFormatException or ArgumentException)
        {
            return $"{shown}: {Messages.FormatOneLine(failure)}";
        }
    }
}
