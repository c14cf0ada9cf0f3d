using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Pipelines;

/// <summary>Asking about a pipeline does not create it.</summary>
public class PipelineQueriesTests()
    : ConveyorTestKit("conveyor { buffers.max-per-source = 70, pipelines.small.max-total-records = 7 }")
{
    public static TheoryData<IPipelineCommand> Questions() => [.. About("typo", Stage, Source)];

    static IEnumerable<IPipelineCommand> About(string pipeline, string stage, string source) =>
        [
            new GetSnapshot(pipeline),
            new GetGlobalUtilization(pipeline),
            new GetStagesWithData(pipeline),
            new PlanLimits(pipeline, new()),
            new GetStageUtilization(pipeline, stage),
            new Peek(pipeline, stage, 1),
            new GetDeadLetters(pipeline, stage, 1),
            new ReplayDeadLetters(pipeline, stage),
            new PurgeDeadLetters(pipeline, stage),
            new GetBatch(pipeline, stage, new BatchRequest(1)),
            new Complete(pipeline, stage, 7),
            new ReturnToBuffer(pipeline, stage, 7, null, "why"),
            new DeadLetterRecords(pipeline, stage, 7, null, "why"),
            new Renew(pipeline, stage, 7),
            new Hop(pipeline, stage, 7, null, "sink", default),
            new Hop(pipeline, stage, 7, null, "sink", default) { WaitForResults = false },
            new Abandon(pipeline, stage, [7], "why"),
            new BeginAnew(pipeline, stage),
            new GetSignal(pipeline, source),
            new Explain(pipeline, source),
            new GetAvailableCredits(pipeline, null, source),
            new GetAvailableCredits(pipeline, stage, source),
            new GiveBackCredits(pipeline, new CreditGrant(7, stage, source, 1, DateTimeOffset.MaxValue)),
        ];

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task A_query_does_not_create_a_pipeline(IPipelineCommand question)
    {
        Assert.IsNotType<Failed>(await Ask<IConveyorReply>(question));
        Assert.Empty(await Service.GetPipelinesAsync());
        await Service.BufferForStageAsync("typo", Stage, Source, Make("r"));
        Assert.Equal(["typo"], await Service.GetPipelinesAsync());
    }

    [Fact]
    public async Task Queries_for_many_stages_and_sources_leave_nothing_behind()
    {
        await Offer(Make("r"));
        var there = ((ActorRefWithCell)await Find($"pipelines/{Pipeline}")).Children.Count();
        foreach (var question in About(Pipeline, "typo", "typo"))
            Assert.IsNotType<Failed>(await Ask<IConveyorReply>(question));
        Pipelines.Tell(new CancelWait(Pipeline, "typo", null, Guid.NewGuid()));
        Pipelines.Tell(new CancelWait(Pipeline, null, "typo", Guid.NewGuid()));
        Pipelines.Tell(new UnsubscribeSignals(Pipeline, "typo", TestActor));
        var now = await GetSnapshot();
        Assert.Equal([Stage], now.Stages.Select(s => s.Stage));
        Assert.Equal([Source], now.Sources.Select(s => s.Source));
        Assert.Equal(there, ((ActorRefWithCell)await Find($"pipelines/{Pipeline}")).Children.Count());
    }

    [Fact]
    public async Task Ending_an_unknown_wait_or_subscription_creates_no_pipeline()
    {
        Pipelines.Tell(new CancelWait("typo", Stage, null, Guid.NewGuid()));
        Pipelines.Tell(new UnsubscribeSignals("typo", Source, TestActor));
        Assert.Empty(await Service.GetPipelinesAsync());
    }

    [Fact]
    public async Task A_query_for_an_unknown_target_returns_its_default_settings()
    {
        Assert.Equal(70, await Service.AvailableCreditsAsync("typo", Source));
        Assert.Equal(7, await Service.AvailableCreditsAsync("small", Source));
        Assert.Equal(0, (await Service.GetSnapshotAsync("typo")).Total.Pending);
        Assert.Empty(await Service.GetPipelinesAsync());
    }

    [Fact]
    public async Task Queries_for_many_names_leave_nothing_behind()
    {
        for (var i = 0; i < 500; i++)
            await Service.GetSnapshotAsync($"typo-{i}");
        Assert.Empty(await Service.GetPipelinesAsync());
        Assert.Empty(((ActorRefWithCell)await Find("pipelines")).Children);
    }
}
