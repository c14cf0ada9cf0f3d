namespace ConveyorActors.Cluster.Joining;

/// <summary>
/// The reason why an actor system ends whose node has another journal than the cluster that it joined, or another value
/// of a setting that must be the same on all nodes.
/// </summary>
public sealed class SettingsDifferReason : CoordinatedShutdown.Reason
{
    internal SettingsDifferReason(string difference) => Difference = difference;

    /// <summary>Gets a sentence that names the difference, and the node that it was found at.</summary>
    public string Difference { get; }

    /// <inheritdoc/>
    public override int ExitCode => 1;

    /// <inheritdoc/>
    public override string ToString() => Difference;
}
