using System.Globalization;
using Akka.Cluster.Sharding;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Cluster.Placing;

/// <summary>
/// Extracts the entity of a message, which is its pipeline. Half surrogate pairs are escaped, because Akka writes the
/// ids of entities in UTF-8.
/// </summary>
sealed class PipelineExtractor(int shards) : IMessageExtractor
{
    /// <summary>Returns the id of a pipeline's entity.</summary>
    public static string GetEntityId(string pipeline) => LosslessText.Escape(pipeline);

    /// <summary>Returns the pipeline of an entity.</summary>
    public static string GetPipeline(string entityId) => LosslessText.Unescape(entityId);

    /// <inheritdoc/>
    public string? EntityId(object message) =>
        message switch
        {
            IPipelineCommand command => GetEntityId(command.Pipeline),
            Locate locate => GetEntityId(locate.Pipeline),
            _ => null,
        };

    /// <inheritdoc/>
    public object EntityMessage(object message) => message;

    /// <inheritdoc/>
    public string ShardId(string entityId, object? messageHint = null) =>
        PipelineHash.GetShard(entityId, shards).ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public string? ShardId(object message) => EntityId(message) is { } id ? ShardId(id) : null;
}
