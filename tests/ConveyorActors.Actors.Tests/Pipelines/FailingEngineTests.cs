using System.Reflection;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Pipelines;

/// <summary>An engine that throws what it should not: whoever asked is told, and the actor goes on.</summary>
public class FailingEngineTests : ConveyorTestKit
{
    readonly EmbeddedBufferService buffers = new();
    readonly IActorRef manager;

    public FailingEngineTests()
    {
        var failing = DispatchProxy.Create<IBufferService, Failing>();
        ((Failing)failing).Inner = buffers;
        manager = Sys.ActorOf(
            BufferManagerActor.Props(
                new PipelineContext(Pipeline, failing, TimeProvider.System, TimeSpan.FromMinutes(1))
            ),
            "manager"
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_sender_of_a_crashing_command_is_notified_and_the_next_one_is_handled(bool later)
    {
        var commands = new IPipelineCommand[]
        {
            new BufferForStage(Pipeline, Stage, Source, Make("r")),
            new GetBatch(Pipeline, Stage, new BatchRequest(1)),
            new Complete(Pipeline, Stage, 1),
            new Peek(Pipeline, Stage, 1),
            new GetSignal(Pipeline, Source),
            new RequestCredits(Pipeline, Stage, Source, 1, TimeSpan.FromSeconds(1)),
            new GetSnapshot(Pipeline),
            new StopPipeline(Pipeline, TimeSpan.Zero),
            new Hop(Pipeline, Stage, 1, null, "next", Array.Empty<ConveyorRecord>()),
        };
        foreach (var command in commands)
        {
            Failing.Mode = later ? FailureMode.Later : FailureMode.Now;
            manager.Tell(command, TestActor);
            var failed = await ExpectMsgAsync<Failed>(Patience);
            Assert.Equal(Problem.Crashed, failed.Problem);
            Assert.Contains("the disk is on fire", failed.Message);
            Failing.Mode = FailureMode.None;
            manager.Tell(new Peek(Pipeline, Stage, 1), TestActor);
            Assert.Empty((await ExpectMsgAsync<Peeked>(Patience)).Records);
        }
    }

    [Fact]
    public async Task A_buffer_actor_detects_a_crash_by_the_number_of_its_pass()
    {
        Failing.Mode = FailureMode.Now;
        manager.Tell(new BufferPartsForStage(Pipeline, Stage, Source, MakeMany("r", 2), [1, 1], 17), TestActor);
        var answer = await ExpectMsgAsync<PartsOffered>(Patience);
        Assert.Equal((17, 0, Problem.Crashed), (answer.Pass, answer.Results.Count, answer.Failure!.Problem));
        Failing.Mode = FailureMode.None;
        manager.Tell(new BufferPartsForStage(Pipeline, Stage, Source, MakeMany("r", 2), [1, 1], 18), TestActor);
        answer = await ExpectMsgAsync<PartsOffered>(Patience);
        Assert.Equal((18, 2), (answer.Pass, answer.Results.Count(r => r.IsAccepted)));
    }

    [Fact]
    public async Task Children_outlive_a_crash_of_their_manager_and_keep_their_waits()
    {
        manager.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1) { Wait = true }), TestActor);
        manager.Tell(new Peek(Pipeline, Stage, 1), TestActor);
        await ExpectMsgAsync<Peeked>(Patience);
        var stage = LastSender;
        Failing.Mode = FailureMode.Now;
        manager.Tell(new GetSnapshot(Pipeline), TestActor);
        await ExpectMsgAsync<Failed>(Patience);
        Failing.Mode = FailureMode.None;
        manager.Tell(new BufferForStage(Pipeline, Stage, Source, Make("r1")), CreateTestProbe().Ref);
        Assert.Equal("r1", (await ExpectMsgAsync<Leased>(Patience)).Batch.Records.Single().Record.Id);
        Assert.Equal(stage, LastSender);
    }

    public enum FailureMode
    {
        None,
        Now,
        Later,
    }

    public class Failing : DispatchProxy
    {
        public static FailureMode Mode { get; set; }

        public IBufferService Inner { get; set; } = null!;

        protected override object? Invoke(MethodInfo? method, object?[]? args) =>
            Mode switch
            {
                FailureMode.Now => throw new IOException("the disk is on fire"),
                FailureMode.Later => Fail(method!.ReturnType),
                _ => method!.Invoke(Inner, args),
            };

        static object Fail(Type type) =>
            typeof(Failing)
                .GetMethod(nameof(FailAsync), BindingFlags.Static | BindingFlags.NonPublic)!
                .MakeGenericMethod(type.GetGenericArguments())
                .Invoke(null, null)!;

        static async ValueTask<T> FailAsync<T>()
        {
            await Task.Yield();
            throw new IOException("the disk is on fire");
        }
    }
}
