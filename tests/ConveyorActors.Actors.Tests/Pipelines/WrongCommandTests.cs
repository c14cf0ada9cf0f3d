using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Pipelines;

/// <summary>What is missing or wrong in a command is said, and hurts nobody else.</summary>
public class WrongCommandTests : ConveyorTestKit
{
    public static TheoryData<IPipelineCommand, string> Missing =>
        new()
        {
            { new Peek(null!, Stage, 1), "pipeline" },
            { new Peek(Pipeline, null!, 1), "stage" },
            { new GetSignal(Pipeline, null!), "source" },
            { new BufferForStage(Pipeline, Stage, null!, Make("r")), "source" },
            { new BufferForStage(Pipeline, Stage, Source, null!), "record" },
            {
                new BufferBatchForStage(Pipeline, Stage, Source, new ConveyorRecord[] { Make("r"), null! }),
                "records[1]"
            },
            { new Hop(Pipeline, Stage, 1, null, "load", new ConveyorRecord[] { null! }), "results[0]" },
            { new Hop(Pipeline, Stage, 1, null, null!, new[] { Make("r") }), "target" },
            { new ReturnToBuffer(Pipeline, Stage, 1, null, null!), "reason" },
            { new DeadLetterRecords(Pipeline, Stage, 1, null, null!), "reason" },
            { new ConfigurePipeline(Pipeline, null!), "settings" },
            { new PlanLimits(Pipeline, null!), "settings" },
            { new ConfigureStage(Pipeline, Stage, null!), "settings" },
            { new GiveBackCredits(Pipeline, null!), "Grant" },
            { new GiveBackCredits(Pipeline, new(1, null!, Source, 1, default)), "Grant has no stage" },
            { new RequestCredits(Pipeline, null!, Source, 1, TimeSpan.FromSeconds(1)), "stage" },
            { new SubscribeSignals(Pipeline, Source, null!), "Subscriber" },
            { new CancelWait(Pipeline, null, null, Guid.NewGuid()), "Stage" },
            { new CancelWait(Pipeline, Stage, null, Guid.Empty), "Wait" },
        };

    [Theory]
    [MemberData(nameof(Missing))]
    public async Task Missing_members_are_named(IPipelineCommand command, string what)
    {
        var failed = await Ask<Failed>(command);
        Assert.True(failed.Problem is Problem.Argument or Problem.ArgumentMissing, failed.ToString());
        Assert.Contains(what, failed.Message, StringComparison.OrdinalIgnoreCase);
        Assert.True((await GetSnapshot()).IsConserved);
    }

    public static TheoryData<IPipelineCommand, string, string> OutOfRange =>
        new()
        {
            { new GetBatch(Pipeline, Stage, default), "Request.Max", "0" },
            {
                new GetBatch(Pipeline, Stage, new BatchRequest(1) { Timeout = TimeSpan.Zero }),
                "Request.Timeout",
                "00:00:00"
            },
            { new Peek(Pipeline, Stage, -1), "Max", "-1" },
            { new GetDeadLetters(Pipeline, Stage, 0), "Max", "0" },
            { new ReplayDeadLetters(Pipeline, Stage, 0), "Max", "0" },
            { new PurgeDeadLetters(Pipeline, Stage, 0), "Max", "0" },
            { new RequestCredits(Pipeline, Stage, Source, 0, TimeSpan.FromSeconds(1)), "Records", "0" },
            {
                new RequestCredits(Pipeline, Stage, Source, 1, TimeSpan.Zero, WaitForRoom: true),
                "TimeToLive",
                "00:00:00"
            },
            { new StopPipeline(Pipeline, TimeSpan.FromSeconds(-1)), "deadline", "-00:00:01" },
        };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public async Task A_value_out_of_range_is_named(IPipelineCommand command, string what, string value)
    {
        var failed = await Ask<Failed>(command);
        Assert.Equal(Problem.ArgumentOutOfRange, failed.Problem);
        Assert.Contains(what, failed.Message);
        Assert.Contains(value, failed.Message);
        Assert.Equal("Running", (await GetSnapshot()).State);
    }

    [Fact]
    public async Task A_missing_subscriber_does_not_silence_the_others()
    {
        await Configure(new() { MaxPerStage = 1 });
        var listener = CreateTestProbe();
        await Ask<Failed>(new SubscribeSignals(Pipeline, Source, null!));
        Pipelines.Tell(new SubscribeSignals(Pipeline, Source, listener.Ref), listener.Ref);
        Assert.False((await listener.ExpectMsgAsync<SignalChanged>(Patience)).Signal.IsHeld);
        await Offer(Make("r1"));
        Assert.True((await listener.ExpectMsgAsync<SignalChanged>(Patience)).Signal.IsHeld);
    }

    [Fact]
    public async Task Names_that_no_encoding_can_distinguish_stay_distinct()
    {
        string[] names = ["a\ud800", "a\ud801", "a\ufffd", "a%ED%A0%80"];
        foreach (var name in names)
            Assert.True((await Ask<Offered>(new BufferForStage(name, name, name, Make(name)))).Result.IsAccepted);
        foreach (var name in names)
            Assert.Equal(1, (await Ask<SnapshotTaken>(new GetSnapshot(name))).Snapshot.Total.Buffered);
    }

    [Fact]
    public async Task A_command_sent_to_the_wrong_actor_is_refused_with_the_name_of_the_right_one()
    {
        var conveyor = ConveyorSystem.Get(Sys);
        var target = new BufferTarget(Pipeline, Stage, Source);
        (IActorRef To, object Command, string Right)[] misdirected =
        [
            (
                conveyor.Pipelines,
                new Enqueue(target, Make("r")),
                "Enqueue was sent to the pipelines; it must be sent to ConveyorSystem.Buffers"
            ),
            (
                conveyor.Pipelines,
                new EnqueueBatch(target, new[] { Make("r") }),
                "EnqueueBatch was sent to the pipelines"
            ),
            (
                conveyor.Buffers,
                new GetSnapshot(Pipeline),
                "GetSnapshot was sent to the buffer actors; it must be sent to ConveyorSystem.Pipelines"
            ),
            (conveyor.Buffers, GetPipelines.Instance, "GetPipelines was sent to the buffer actors"),
            (conveyor.CreateWriter(), new GetBatch(Pipeline, Stage, new(1)), "GetBatch was sent to the buffer actors"),
        ];
        foreach (var (to, command, right) in misdirected)
        {
            to.Tell(command, TestActor);
            Assert.Contains(right, (await ExpectMsgAsync<Failed>(Patience)).Message);
        }
    }

    [Fact]
    public void A_command_with_missing_members_can_be_printed() =>
        Assert.Contains(nameof(GiveBackCredits), new GiveBackCredits(Pipeline, null!).ToString());
}
