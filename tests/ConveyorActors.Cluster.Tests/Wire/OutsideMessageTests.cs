using System.Collections.Concurrent;
using Akka.Event;
using ConveyorActors.Actors.Wire;
using ConveyorActors.Cluster.Placing;
using ConveyorActors.Cluster.Tests.Nodes;
using ConveyorActors.Persistence.Tests.Observing;

namespace ConveyorActors.Cluster.Tests.Wire;

/// <summary>
/// Messages outside the protocol, from a program that reaches a node's port: with the serializers of hocon/node.conf
/// they are dropped and counted.
/// </summary>
public class OutsideMessageTests
{
    const string Pipeline = "orders";

    /// <summary>The serializers that hocon/node.conf names.</summary>
    static readonly string Guarded = $$"""
        akka.actor.serializers { {{Part(
            File.ReadAllText(Path.Combine(Root, "hocon", "node.conf")),
            "actor.serializers {",
            "}"
        )}} }
        """;

    internal static string Root
    {
        get
        {
            var folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "ConveyorActors.sln")))
                folder = Path.GetDirectoryName(folder)!;
            return folder;
        }
    }

    static string Part(string text, string begin, string end)
    {
        var from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        return text[from..text.IndexOf(end, from, StringComparison.Ordinal)];
    }

    static Forged[] Messages()
    {
        var type = $"{typeof(Gadget).FullName}, {typeof(Gadget).Assembly.GetName().Name}";
        return
        [
            new(1, "", $$"""{"$id":"1","$type":"{{type}}"}"""),
            new(1, type, "{}"),
            new(2, type, ""),
            new(3, "", "anything"),
            new(16, "STF", "anything"),
            new(16, "RORRC", "anything"),
            new(16, "unknown", ""),
            new(ConveyorSerializer.Id, type, "anything"),
            new(ConveyorSerializer.Id, "", "anything"),
            .. Manifests.ByManifest.Keys.Select(manifest => new Forged(
                ConveyorSerializer.Id,
                manifest,
                [0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
            )),
            new(1_742_003, type, "anything"),
            new(1_742_003, "located/1", "anything"),
        ];
    }

    [Theory]
    [InlineData("/user/conveyor/pipelines")] // links
    [InlineData("/system/conveyor-elsewhere")] // the door to the region
    [InlineData("/system/sharding/conveyor-pipelines")]
    [InlineData("entity")]
    public async Task A_message_outside_the_protocol_is_dropped_and_counted_and_creates_nothing(string path)
    {
        await using var cluster = await TestCluster.StartAsync(1, Guarded);
        var node = cluster[0];
        Assert.True(
            (
                await node.Buffers.BufferForStageAsync(Pipeline, "s", "a", new("1", default), AckLevel.Persisted)
            ).IsAccepted
        );
        if (path == "entity")
            path = $"/system/sharding/conveyor-pipelines/{PipelineHash.GetShard(Pipeline, 12)}/{Pipeline}";
        using var counted = new Measured(
            "conveyor.wire.refused",
            tags => tags["system"].StartsWith("cluster", StringComparison.Ordinal)
        );
        var warnings = new ConcurrentQueue<string>();
        node.System.EventStream.Subscribe(
            node.System.ActorOf(Props.Create(() => new Listener(warnings))),
            typeof(Warning)
        );
        await using var stranger = new Stranger();
        var target = stranger.Resolve($"{node.Cluster.SelfAddress}{path}");
        var before = Gadget.Created;
        var messages = Messages();

        foreach (var message in messages)
            target.Tell(message, ActorRefs.NoSender);

        await Until.TrueAsync(() => counted.Told("conveyor.wire.refused").Count >= messages.Length);
        Assert.Equal(messages.Length, counted.Told("conveyor.wire.refused").Count);
        Assert.Equal(before, Gadget.Created);
        // Once a minute for each of the three reasons, however many there were.
        await Until.TrueAsync(() => warnings.Count(w => w.Contains("[MessageRefused]", StringComparison.Ordinal)) == 3);
        // The connection and the node live on.
        Assert.Equal("there", (await target.Ask<ActorIdentity>(new Identify("there"), Until.Patience)).MessageId);
        Assert.True(
            (
                await node.Buffers.BufferForStageAsync(Pipeline, "s", "a", new("2", default), AckLevel.Persisted)
            ).IsAccepted
        );
    }

    [Fact]
    public async Task Unknown_exception_and_actor_types_in_a_message_are_not_created()
    {
        await using var cluster = await TestCluster.StartAsync(1, Guarded);
        using var counted = new Measured(
            "conveyor.wire.refused",
            tags => tags["system"].StartsWith("cluster", StringComparison.Ordinal)
        );
        await using var stranger = new Stranger();
        var failure = new Status.Failure(new GadgetException("x"));
        var address = cluster[0].Cluster.SelfAddress;
        var before = Gadget.Created;

        stranger.Resolve($"{address}/user/conveyor/pipelines").Tell(failure, ActorRefs.NoSender);
        stranger.System.ActorOf(
            Props.Create<GadgetActor>().WithDeploy(Deploy.None.WithScope(new RemoteScope(address)))
        );

        await Until.TrueAsync(() => counted.Told("conveyor.wire.refused").Count >= 2);
        Assert.Equal(before, Gadget.Created);
    }

    [Fact]
    public async Task Nodes_with_restricted_serializers_work_together()
    {
        await using var cluster = await TestCluster.StartAsync(2, Guarded);
        var warnings = new ConcurrentQueue<string>();
        foreach (var node in cluster.Nodes)
        {
            var listener = node.System.ActorOf(Props.Create(() => new Listener(warnings)));
            node.System.EventStream.Subscribe(listener, typeof(Warning));
            node.System.EventStream.Subscribe(listener, typeof(Error));
        }
        for (var i = 0; i < 12; i++)
            Assert.True(
                (
                    await cluster[i % 2]
                        .Buffers.BufferForStageAsync($"p{i}", "s", "a", new("1", default), AckLevel.Persisted)
                ).IsAccepted
            );
        await cluster[0].LeaveAsync();
        for (var i = 0; i < 12; i++)
            Assert.Equal("1", Assert.Single(await cluster[1].Buffers.PeekAsync($"p{i}", "s", 10)).Record.Id);
        Assert.DoesNotContain(
            warnings,
            w =>
                w.Contains("refused", StringComparison.Ordinal)
                || w.Contains("cannot be sent", StringComparison.Ordinal)
        );
    }

    sealed class Listener(ConcurrentQueue<string> heard) : UntypedActor
    {
        protected override void OnReceive(object message) =>
            heard.Enqueue($"{((LogEvent)message).Message} {((LogEvent)message).Cause?.Message}");
    }
}
