using Akka.Cluster.Sharding;
using Akka.Configuration;
using Akka.Serialization;
using ConveyorActors.Actors.Wire;

namespace ConveyorActors.Cluster.Tests.Wire;

/// <summary>Records survive in the messages of users' own shard regions.</summary>
public sealed class ShardingMessageTests : IAsyncLifetime
{
    static readonly ConveyorRecord Full = new("id-1", new byte[] { 0, 1, 0xFE, 0x80 })
    {
        Key = "2031-05-17T13:14:15Z",
        EventTime = new(2031, 5, 17, 13, 14, 15, 678, TimeSpan.FromMinutes(330)),
        Position = new(1_000, 10),
        Headers = new Dictionary<string, string> { ["$type"] = "System.String", ["straße"] = "ß 漢 🚚" },
    };

    readonly ActorSystem system = ActorSystem.Create(
        "sharding",
        ConfigurationFactory
            .ParseString(
                """
                akka {
                  actor.provider = cluster
                  remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
                  loglevel = WARNING
                  stdout-loglevel = OFF
                }
                """
            )
            .WithFallback(ClusterSharding.DefaultConfig())
    );

    sealed record Job(ConveyorRecord Record, int Attempt);

    /// <param name="isRegistered">
    /// Whether our own serializer is bound to our types, as it is where a ConveyorSystem runs.
    /// </param>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_record_survives_in_a_sharding_envelope(bool isRegistered)
    {
        if (isRegistered)
            ConveyorSerializer.Register((ExtendedActorSystem)system);

        var envelope = Assert.IsType<ShardingEnvelope>(Sent(new ShardingEnvelope("entity", Full)));

        Assert.Equal("entity", envelope.EntityId);
        Assert.Equal(Full, envelope.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_record_survives_in_a_users_message_in_a_sharding_envelope(bool isRegistered)
    {
        if (isRegistered)
            ConveyorSerializer.Register((ExtendedActorSystem)system);
        var job = new Job(Full, 3);

        var envelope = Assert.IsType<ShardingEnvelope>(Sent(new ShardingEnvelope("entity", job)));

        Assert.Equal(job, envelope.Message);
    }

    object Sent(object message)
    {
        var serializer = system.Serialization.FindSerializerFor(message);
        return system.Serialization.Deserialize(
            serializer.ToBinary(message),
            serializer.Identifier,
            Serialization.ManifestFor(serializer, message)
        );
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => system.Terminate();
}
