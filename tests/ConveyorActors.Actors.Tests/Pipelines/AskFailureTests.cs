using Akka.Actor.Setup;
using Akka.Configuration;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Service;
using ConveyorActors.Actors.Wire;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests.Pipelines;

/// <summary>
/// A program that asks gets our exception with our text; an actor that tells gets <see cref="Failed"/>.
/// </summary>
public class AskFailureTests : ConveyorTestKit
{
    public AskFailureTests()
        : base(
            """
            akka.actor.provider = remote
            akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
            """
        ) { }

    [Fact]
    public async Task Asking_for_a_reply_fails_with_the_reason()
    {
        var text = (await Ask<Failed>(new Peek(Pipeline, Stage, 0))).Message;
        Assert.Contains("0", text, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<BufferServiceException>(() =>
            Pipelines.Ask<Peeked>(new Peek(Pipeline, Stage, 0), Patience)
        );
        Assert.Equal((text, Problem.ArgumentOutOfRange), (refused.Message, refused.Problem));
        Assert.NotNull(refused.Parameter);
        // Whatever type was asked for.
        Assert.Equal(
            text,
            (
                await Assert.ThrowsAsync<BufferServiceException>(() =>
                    Pipelines.Ask<object>(new Peek(Pipeline, Stage, 0), Patience)
                )
            ).Message
        );
        Assert.Equal(
            text,
            (
                await Assert.ThrowsAsync<BufferServiceException>(() =>
                    Pipelines.Ask(new Peek(Pipeline, Stage, 0), Patience)
                )
            ).Message
        );
    }

    [Fact]
    public async Task Asking_a_buffer_actor_fails_with_the_reason()
    {
        var tooMany = new EnqueueBatch(
            new(Pipeline, Stage, Source),
            MakeMany("r", Conveyor.Settings.BufferActors.Capacity + 1)
        );
        var refused = await Assert.ThrowsAsync<BufferServiceException>(() =>
            Conveyor.Buffers.Ask<EnqueueResult>(tooMany, Patience)
        );
        Assert.Contains("conveyor.buffer-actors.capacity", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asking_from_another_node_fails_with_the_same_reason()
    {
        var text = (await Ask<Failed>(new Peek(Pipeline, Stage, 0))).Message;
        var caller = ActorSystem.Create("caller", BootstrapSetup.Create().WithConfig(Sys.Settings.Config));
        try
        {
            ConveyorSerializer.Register((ExtendedActorSystem)caller);
            var pipelines = await caller
                .ActorSelection($"{((ExtendedActorSystem)Sys).Provider.DefaultAddress}/user/conveyor/pipelines")
                .ResolveOne(Patience);
            var refused = await Assert.ThrowsAsync<BufferServiceException>(() =>
                pipelines.Ask<Peeked>(new Peek(Pipeline, Stage, 0), Patience)
            );
            Assert.Equal((text, Problem.ArgumentOutOfRange), (refused.Message, refused.Problem));
            await using var port = new ActorBufferService(caller, pipelines);
            Assert.StartsWith(
                text,
                (
                    await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
                        port.PeekAsync(Pipeline, Stage, 0).AsTask()
                    )
                ).Message,
                StringComparison.OrdinalIgnoreCase // max is a parameter of the port, and Max a member of the command
            );
        }
        finally
        {
            await caller.Terminate();
        }
    }

    [Fact]
    public async Task The_port_throws_the_same_exceptions_as_before()
    {
        var refused = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
            Service.PeekAsync(Pipeline, Stage, 0).AsTask()
        );
        Assert.StartsWith(
            (await Ask<Failed>(new Peek(Pipeline, Stage, 0))).Message,
            refused.Message,
            StringComparison.OrdinalIgnoreCase // max is a parameter of the port, and Max a member of the command
        );
    }
}
