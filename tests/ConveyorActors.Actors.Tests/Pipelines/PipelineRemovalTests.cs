using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Pipelines;

/// <summary>A pipeline that holds nothing is removed after its idle time.</summary>
public class PipelineRemovalTests() : ConveyorTestKit("conveyor.buffers.idle-after = 50ms")
{
    [Fact]
    public async Task A_pipeline_that_holds_nothing_is_removed_after_its_idle_time()
    {
        await UseUp("shop-1");
        await UseUp("shop-2");
        await ExpectOnly();
        await AwaitAssertAsync(
            async () => Assert.Empty(((ActorRefWithCell)await Find("pipelines")).Children),
            Patience
        );
        await UseUp("shop-1");
        Assert.Equal(
            (1, 1),
            (
                (await Service.GetSnapshotAsync("shop-1")).Total.Accepted,
                (await Service.GetSnapshotAsync("shop-1")).Total.Completed
            )
        );
    }

    [Theory]
    [InlineData("a record")]
    [InlineData("a lease")]
    [InlineData("a dead letter")]
    [InlineData("a consumer that waits")]
    [InlineData("a subscriber")]
    [InlineData("a credit")]
    [InlineData("limits")]
    [InlineData("a stage of its own settings")]
    [InlineData("a stop")]
    [InlineData("an operator's hold")]
    [InlineData("a checkpoint")]
    [InlineData("a note of a settlement")]
    public async Task A_pipeline_that_holds_anything_is_not_removed(string what)
    {
        var consumer = CreateTestProbe();
        if (what is "a record" or "a lease" or "a dead letter" or "a note of a settlement")
            await Offer(Make("r1"));
        if (what is "a lease" or "a dead letter" or "a note of a settlement")
        {
            Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1)), consumer.Ref);
            var batch = (await consumer.ExpectMsgAsync<Leased>(Patience)).Batch;
            if (what == "a dead letter")
                await Service.DeadLetterAsync(Pipeline, Stage, batch.Id, null, "bad");
            if (what == "a note of a settlement")
                await Service.CompleteAsync(Pipeline, Stage, batch.Id, null, new Checkpoint("sink", "at 1"));
        }
        if (what == "a consumer that waits")
            Pipelines.Tell(new GetBatch(Pipeline, Stage, new BatchRequest(1) { Wait = true }), consumer.Ref);
        if (what == "a subscriber")
            Pipelines.Tell(new SubscribeSignals(Pipeline, Source, consumer.Ref), consumer.Ref);
        if (what == "a credit")
            Assert.Equal(
                3,
                (await Service.RequestCreditsAsync(Pipeline, Stage, Source, 3, TimeSpan.FromDays(1))).Records
            );
        if (what == "limits")
            await Configure(new() { MaxPerStage = 9 });
        if (what == "a stage of its own settings")
            await Service.ConfigureStageAsync(Pipeline, Stage, new() { MaxRetries = 9 });
        if (what == "an operator's hold")
            await Service.PauseAsync(Pipeline, HoldTarget.Source, "not yet there");
        if (what == "a checkpoint")
            await Service.SetCheckpointAsync(Pipeline, new Checkpoint("sink", "at 1"));
        if (what == "a stop")
            await Service.StopAsync(Pipeline, TimeSpan.Zero);
        await UseUp("other");
        await ExpectOnly(Pipeline);
        await UseUp("another");
        await ExpectOnly(Pipeline);
    }

    [Fact]
    public async Task Messages_for_a_pipeline_about_to_be_removed_go_to_its_successor()
    {
        var asker = CreateTestProbe();
        for (var round = 0; round < 50; round++)
        {
            await UseUp(Pipeline);
            var (manager, parent) = (await Find($"pipelines/{Pipeline}"), await Find("pipelines"));
            parent.Tell(new ChildIsIdle(), manager);
            for (var i = 0; i < 4; i++)
            {
                Pipelines.Tell(new BufferForStage(Pipeline, Stage, Source, Make($"{round}-{i}")), asker.Ref);
                if (i == 1)
                    parent.Tell(new ChildIsIdle(), manager);
                if (i == 2 && round % 2 == 0)
                    Clock.Advance(TimeSpan.FromMinutes(2));
            }
            for (var i = 0; i < 4; i++)
                Assert.True((await asker.ExpectMsgAsync<Offered>(Patience)).Result.IsAccepted);
            var batch = await Service.GetBatchAsync(Pipeline, Stage, new BatchRequest(9));
            Assert.Equal(4, batch.Count);
            Assert.Equal(4, (await Service.CompleteAsync(Pipeline, Stage, batch.Id)).Settled);
        }
    }

    async Task UseUp(string pipeline)
    {
        Assert.True((await Service.BufferForStageAsync(pipeline, Stage, Source, Make("r"))).IsAccepted);
        var batch = await Service.GetBatchAsync(pipeline, Stage, new BatchRequest(1));
        Assert.Equal(1, (await Service.CompleteAsync(pipeline, Stage, batch.Id)).Settled);
    }

    async Task ExpectOnly(params string[] pipelines) =>
        await AwaitAssertAsync(
            async () =>
            {
                Clock.Advance(TimeSpan.FromMinutes(1));
                Assert.Equal(pipelines, await Service.GetPipelinesAsync());
            },
            Patience,
            TimeSpan.FromMilliseconds(20)
        );
}
