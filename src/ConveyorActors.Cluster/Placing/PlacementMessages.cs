namespace ConveyorActors.Cluster.Placing;

/// <summary>A message between nodes about the placing of pipelines, with a serializer of its own.</summary>
interface IPlacementMessage;

/// <summary>Asks which node has a pipeline. The reply is <see cref="Located"/>.</summary>
sealed record Locate(string Pipeline) : IPlacementMessage;

/// <summary>The reply to <see cref="Locate"/>: the node that has the pipeline.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Path">
/// The path of the actor that takes commands to the node's pipelines, with the node's address.
/// </param>
sealed record Located(string Pipeline, string Path) : IPlacementMessage;

/// <summary>
/// Asks a node for the settings that must be the same on all nodes. The reply is <see cref="SettingsReply"/>.
/// </summary>
sealed record GetSettings : IPlacementMessage
{
    public static GetSettings Instance { get; } = new();
}

/// <summary>
/// The reply to <see cref="GetSettings"/>: the settings of a node that must be the same on all nodes.
/// </summary>
/// <param name="Values">The values of the settings, by name.</param>
sealed record SettingsReply(IReadOnlyDictionary<string, string> Values) : IPlacementMessage;
