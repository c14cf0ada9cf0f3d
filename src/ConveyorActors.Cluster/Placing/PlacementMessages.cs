namespace ConveyorActors.Cluster.Placing;

/// <summary>A message between nodes to find a pipeline, with a serializer of its own.</summary>
interface IPlacementMessage;

/// <summary>Asks which node has a pipeline. The reply is <see cref="Located"/>.</summary>
sealed record Locate(string Pipeline) : IPlacementMessage;

/// <summary>Says which node has a pipeline.</summary>
/// <param name="Pipeline">The pipeline.</param>
/// <param name="Path">
/// The path of the actor that takes commands to the node's pipelines, with the node's address.
/// </param>
sealed record Located(string Pipeline, string Path) : IPlacementMessage;
