using System.Globalization;
using Akka.Cluster.Sharding;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Cluster.Placing;

/// <summary>Extracts the entity of a message: its pipeline.</summary>
sealed class PipelineExtractor(int shards) : IMessageExtractor
{
    /// <inheritdoc/>
    public string? EntityId(object message) => message switch
    {
        IPipelineCommand command => command.Pipeline,
        Locate locate => locate.Pipeline,
        _ => null,
    };

    /// <inheritdoc/>
    public object EntityMessage(object message) => message;

    /// <inheritdoc/>
    public string ShardId(string entityId, object? messageHint = null) => PipelineHash.ShardOf(entityId, shards).ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public string? ShardId(object message) => EntityId(message) is { } id ? ShardId(id) : null;
}
