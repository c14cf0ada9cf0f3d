using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Pipelines;

/// <summary>A reply names the command that it is for, so that two outstanding ones can be told apart.</summary>
public class InReplyToTests : ConveyorTestKit
{
    const string Job = "job 9";

    static CommandReference Of(string command) => new(command) { Pipeline = Pipeline, CorrelationId = Job };

    public static TheoryData<string> Names => [.. Commands().Select(c => c.Command.GetType().Name)];

    static IEnumerable<(ConveyorCommand Command, CommandReference Reference)> Commands()
    {
        var (wait, grant) = (Guid.NewGuid(), new CreditGrant(7, Stage, Source, 3, DateTimeOffset.UnixEpoch));
        var stage = new CommandReference("")
        {
            Pipeline = Pipeline,
            Stage = Stage,
            CorrelationId = Job,
        };
        var source = new CommandReference("")
        {
            Pipeline = Pipeline,
            Source = Source,
            CorrelationId = Job,
        };
        (ConveyorCommand, CommandReference)[] all =
        [
            (new ConfigurePipeline(Pipeline, new()), Of("")),
            (new PlanLimits(Pipeline, new()), Of("")),
            (new GetGlobalUtilization(Pipeline), Of("")),
            (new GetStagesWithData(Pipeline), Of("")),
            (new GetSnapshot(Pipeline), Of("")),
            (new GetPipelines(), Of("") with { Pipeline = null }),
            (new ConfigureStage(Pipeline, Stage, new()), stage),
            (
                new BufferForStage(Pipeline, Stage, Source, Make("1")) { Wait = wait },
                stage with
                {
                    Source = Source,
                    Wait = wait,
                }
            ),
            (
                new BufferBatchForStage(Pipeline, Stage, Source, MakeMany("r", 2)) { Wait = wait },
                stage with
                {
                    Source = Source,
                    Wait = wait,
                }
            ),
            (new GetBatch(Pipeline, Stage, new(1)) { Wait = wait }, stage with { Wait = wait }),
            (new Complete(Pipeline, Stage, 42), stage with { Lease = 42 }),
            (new ReturnToBuffer(Pipeline, Stage, 42, null, "why"), stage with { Lease = 42 }),
            (new DeadLetterRecords(Pipeline, Stage, 42, null, "why"), stage with { Lease = 42 }),
            (new Hop(Pipeline, Stage, 42, null, "store", default), stage with { Lease = 42 }),
            (new Renew(Pipeline, Stage, 42), stage with { Lease = 42 }),
            (new Abandon(Pipeline, Stage, [42], "why"), stage with { Lease = 42 }),
            (new BeginAnew(Pipeline, Stage), stage),
            (new GetStageUtilization(Pipeline, Stage), stage),
            (new Peek(Pipeline, Stage, 1), stage),
            (new GetDeadLetters(Pipeline, Stage, 1), stage),
            (new ReplayDeadLetters(Pipeline, Stage, 1), stage),
            (new PurgeDeadLetters(Pipeline, Stage, 1), stage),
            (
                new RequestCredits(Pipeline, Stage, Source, 1, TimeSpan.FromSeconds(1)) { Wait = wait },
                source with
                {
                    Stage = Stage,
                    Wait = wait,
                }
            ),
            (new GiveBackCredits(Pipeline, grant), source with { Stage = Stage }),
            (new GetAvailableCredits(Pipeline, Stage, Source), source with { Stage = Stage }),
            (new GetSignal(Pipeline, Source), source),
            (new Explain(Pipeline, Source), source),
            (new StopPipeline(Pipeline, TimeSpan.Zero), Of("")),
        ];
        return all.Select(c =>
            (c.Item1 with { CorrelationId = Job }, c.Item2 with { Command = c.Item1.GetType().Name })
        );
    }

    [Theory, MemberData(nameof(Names))]
    public async Task A_reply_names_the_command_its_target_lease_and_wait(string name)
    {
        var (command, reference) = Commands().Single(c => c.Command.GetType().Name == name);
        if (command is IWaitingCommand { Wait: var wait })
            reference = reference with { Wait = wait };
        Pipelines.Tell(command, TestActor);
        Assert.Equal(reference, (await ExpectMsgAsync<ConveyorReply>(Patience)).InReplyTo);
    }

    [Theory, InlineData(0), InlineData(-5)]
    public async Task A_failure_names_its_command(int max)
    {
        Pipelines.Tell(new Peek(Pipeline, Stage, max) { CorrelationId = Job }, TestActor);
        Assert.Equal(Of(nameof(Peek)) with { Stage = Stage }, (await ExpectMsgAsync<Failed>(Patience)).InReplyTo);
    }

    [Fact]
    public async Task Two_leases_settled_at_the_same_time_are_distinguished()
    {
        await Service.ConfigureStageAsync(Pipeline, Stage, new() { LeaseOrder = LeaseOrder.Shared });
        await Offer(MakeMany("r", 4));
        var first = (await Service.GetBatchAsync(Pipeline, Stage, new(1))).Id;
        var second = (await Service.GetBatchAsync(Pipeline, Stage, new(3))).Id;
        Pipelines.Tell(new Complete(Pipeline, Stage, second), TestActor);
        Pipelines.Tell(new Complete(Pipeline, Stage, first), TestActor);
        Dictionary<long, int> settled = [];
        for (var i = 0; i < 2; i++)
            if (await ExpectMsgAsync<Settled>(Patience) is { InReplyTo: { } to } reply)
                settled[to.Lease] = reply.Result.Settled;
        Assert.Equal((1, 3), (settled[first], settled[second]));
    }

    [Fact]
    public async Task A_wait_that_ends_reports_its_name()
    {
        var wait = Guid.NewGuid();
        Pipelines.Tell(
            new GetBatch(Pipeline, Stage, new(1) { Wait = true }) { Wait = wait, CorrelationId = Job },
            TestActor
        );
        await Eventually(s => s.Stages is [{ WaitingConsumers: 1 }]);
        Pipelines.Tell(new CancelWait(Pipeline, Stage, null, wait), TestActor);
        var ended = await ExpectMsgAsync<WaitCancelled>(Patience);
        Assert.Equal((wait, wait, Job), (ended.Wait, ended.InReplyTo!.Wait, ended.InReplyTo.CorrelationId));
    }

    [Fact]
    public async Task Every_outcome_of_an_enqueue_names_its_target_and_correlation()
    {
        BufferTarget good = new(Pipeline, Stage, Source),
            other = new(Pipeline, "store", Source);
        Conveyor.Buffers.Tell(new Enqueue(good, Make("1"), ExpectsReply: true) { CorrelationId = "a" }, TestActor);
        Conveyor.Buffers.Tell(
            new EnqueueBatch(other, MakeMany("r", 2), ExpectsReply: true) { CorrelationId = "b" },
            TestActor
        );
        var replies = new[]
        {
            await ExpectMsgAsync<EnqueueResult>(Patience),
            await ExpectMsgAsync<EnqueueResult>(Patience),
        }
            .OrderBy(r => r.InReplyTo!.CorrelationId)
            .ToArray();
        Assert.Equal(
            new CommandReference(nameof(Enqueue))
            {
                Pipeline = Pipeline,
                Stage = Stage,
                Source = Source,
                CorrelationId = "a",
            },
            replies[0].InReplyTo
        );
        Assert.Equal(
            new CommandReference(nameof(EnqueueBatch))
            {
                Pipeline = Pipeline,
                Stage = "store",
                Source = Source,
                CorrelationId = "b",
            },
            replies[1].InReplyTo
        );
        Assert.Equal(2, replies[1].Accepted);

        var tooMany = MakeMany("x", Conveyor.Settings.BufferActors.Capacity + 1);
        Conveyor.Buffers.Tell(new EnqueueBatch(good, tooMany, ExpectsReply: true) { CorrelationId = "c" }, TestActor);
        Assert.Equal("c", (await ExpectMsgAsync<Failed>(Patience)).InReplyTo!.CorrelationId);

        await Service.StopAsync(Pipeline, TimeSpan.Zero);
        Conveyor.Buffers.Tell(new Enqueue(good, Make("2"), ExpectsReply: true) { CorrelationId = "d" }, TestActor);
        var refused = await ExpectMsgAsync<EnqueueResult>(Patience);
        Assert.Equal((EnqueueOutcome.Draining, "d"), (refused.Status, refused.InReplyTo!.CorrelationId));
    }

    [Fact]
    public async Task The_purpose_of_a_reply_is_ignored_when_replies_are_compared()
    {
        Pipelines.Tell(new GetAvailableCredits(Pipeline, null, Source) { CorrelationId = Job }, TestActor);
        await ExpectMsgAsync(new Count(5_000), Patience);
        Assert.NotEqual(new GetSignal(Pipeline, Source), new GetSignal(Pipeline, Source) { CorrelationId = Job });
    }
}
