using Akka.Cluster;
using ConveyorActors.Actors;
using ConveyorActors.Buffers.Inspection;
using ConveyorActors.Cli.Run;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Cluster.Joining;
using ConveyorActors.Node.Journals;

namespace ConveyorActors.Node.Running;

/// <summary>
/// One run of a node: it starts, joins, works until a signal comes or the cluster removes it, and leaves.
/// </summary>
sealed class NodeRun(NodeConfig given, bool isInspected)
{
    static readonly TimeSpan SayWaitsAfter = TimeSpan.FromSeconds(5);

    /// <summary>The name of Akka's reason for the end of a node whose TLS handshake failed. The type is internal.</summary>
    internal const string HandshakeFailed = "TlsHandshakeFailureReason";

    readonly TimeProvider clock = TimeProvider.System;

    /// <summary>Runs the node and returns the exit code.</summary>
    /// <exception cref="NodeException">The node could not start, or did not end in order.</exception>
    public async Task<int> RunAsync()
    {
        using var signals = new StopSignals(clock, OnFirstSignal, OnSecondSignal);
        try
        {
            if (given.Journal is { } journal)
                await new JournalProbe(journal, clock)
                    .CheckAsync(given.SeedTimeout, signals.Token)
                    .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            return ExitCodes.Done;
        }
        using var system = NodeStart.Create(given);
        var conveyor = NodeStart.StartBuffers(system);
        var cluster = Akka.Cluster.Cluster.Get(system);
        foreach (var line in Banner.Format(given, cluster))
            Messages.Write(line);
        ErrorLogger.Open();
        var joining = new Joining(given, system, clock);
        var warmUp = WarmUp.RunAsync(conveyor, system, cluster.SelfAddress, signals.Token);
        if (await JoinAsync(joining, signals.Token).ConfigureAwait(false) == JoinOutcome.Up)
        {
            // A node that is up may get pipelines at any time, and must open them quickly.
            await warmUp.ConfigureAwait(false);
            await WaitUntilAdmittedAsync(system, signals.Token).ConfigureAwait(false);
            ReportMembers(system, cluster, conveyor.Settings.Cluster.Role);
            // Reading standard input blocks a thread.
            if (isInspected)
                _ = Task.Run(
                    () =>
                        new Inspection(new InspectionCore(conveyor.Service), Console.In, Console.Out).RunAsync(
                            signals.Token
                        ),
                    CancellationToken.None
                );
            await WaitUntilStoppedAsync(system, signals.Token).ConfigureAwait(false);
        }
        Joining.ThrowIfSettingsDiffer(system);
        if (!signals.Token.IsCancellationRequested)
            throw new NodeException(ExitCodes.Removed, DescribeEnd(system));
        await LeaveAsync(system).ConfigureAwait(false);
        return ExitCodes.Done;
    }

    /// <summary>Returns why the actor system ended, although nobody stopped it.</summary>
    static string DescribeEnd(ActorSystem system) =>
        CoordinatedShutdown.Get(system).ShutdownReason?.GetType().Name == HandshakeFailed
            ? "Akka ended this node, because a node that it called does not use TLS or has a certificate that is not accepted; the log has its address and the reason. Stop that node, and start this one again"
            : "the cluster removed this node: it was unreachable for too long, or is on the smaller side of a partition. Start it again to join again; its pipelines continue on the remaining nodes";

    /// <summary>
    /// Completes when the node has the journal and the settings of the cluster and takes pipelines, or when the node
    /// ends.
    /// </summary>
    async Task WaitUntilAdmittedAsync(ActorSystem system, CancellationToken signal)
    {
        var admitted = Task.WhenAny(ClusterAgreement.WhenAgreedAsync(system), WaitUntilStoppedAsync(system, signal));
        if (await Task.WhenAny(admitted, Task.Delay(SayWaitsAfter, clock, signal)).ConfigureAwait(false) != admitted)
            Messages.Write(
                "has joined, and waits until its journal and settings are compared with those of a node with pipelines"
            );
        await admitted.ConfigureAwait(false);
    }

    static void ReportMembers(ActorSystem system, Akka.Cluster.Cluster cluster, string? role)
    {
        if (!ClusterAgreement.WhenAgreedAsync(system).IsCompleted)
            return; // the node ends
        try
        {
            system.ActorOf(Props.Create(() => new MembershipPrinter(cluster, role)), "conveyor-members");
        }
        catch (InvalidOperationException) when (CoordinatedShutdown.Get(system).ShutdownReason is not null)
        {
            // The system is ending already; the program reports the reason.
        }
    }

    static async Task<JoinOutcome> JoinAsync(Joining joining, CancellationToken signal)
    {
        try
        {
            return await joining.JoinAsync(signal).ConfigureAwait(false);
        }
        catch (NodeException)
        {
            ErrorLogger.Hold(); // failures of the ending system are not shown, because the program reports why it ends
            throw;
        }
    }

    static Task WaitUntilStoppedAsync(ActorSystem system, CancellationToken signal)
    {
        var signalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        signal.Register(signalled.SetResult);
        return Task.WhenAny(system.WhenTerminated, signalled.Task);
    }

    async Task LeaveAsync(ActorSystem system)
    {
        var began = clock.GetTimestamp();
        try
        {
            await CoordinatedShutdown
                .Get(system)
                .Run(CoordinatedShutdown.ClrExitReason.Instance)
                .WaitAsync(given.StopWithin, clock)
                .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new NodeException(
                ExitCodes.StopIncomplete,
                $"the stop did not end within {DurationText.Format(given.StopWithin)} (conveyor-node.stop-within). Nothing acknowledged as persisted is lost"
            );
        }
        Messages.Write($"stopped after {DurationText.Format(clock.GetElapsedTime(began))}");
    }

    void OnFirstSignal() =>
        Messages.Write(
            $"stopping: handing over pipelines, draining and leaving, within {DurationText.Format(given.StopWithin)}. A second signal ends the node at once"
        );

    void OnSecondSignal()
    {
        Messages.Write("ended at once by a second signal");
        Environment.Exit(ExitCodes.Interrupted);
    }
}
