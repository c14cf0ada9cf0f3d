namespace ConveyorActors.Cluster.Joining;

/// <summary>
/// Why the actor system ends: this node has another journal, or other settings that must be the same on all nodes, than
/// the cluster that it joined.
/// </summary>
public sealed class SettingsDifferReason : CoordinatedShutdown.Reason
{
    internal SettingsDifferReason(string difference) => Difference = difference;

    /// <summary>Gets what differs, and from which node, in a sentence.</summary>
    public string Difference { get; }

    /// <inheritdoc/>
    public override int ExitCode => 1;

    /// <inheritdoc/>
    public override string ToString() => Difference;
}
