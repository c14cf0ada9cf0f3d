using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Pipelines;

public class LongIdleTimeTests()
    : ConveyorTestKit(
        "conveyor.pipelines { forever.idle-after = infinite, long.idle-after = 10675199 d, short.idle-after = 1 ms }"
    )
{
    [Theory]
    [InlineData("forever")]
    [InlineData("long")]
    [InlineData("short")]
    public async Task A_pipeline_works_with_any_idle_time(string pipeline)
    {
        Assert.True(
            (
                await Service.BufferForStageAsync(pipeline, Stage, Source, Make("r")).AsTask().WaitAsync(Patience)
            ).IsAccepted
        );
        var lease = await Service
            .GetBatchAsync(pipeline, Stage, new BatchRequest(1) { Wait = true })
            .AsTask()
            .WaitAsync(Patience);
        Assert.Equal(1, (await Service.CompleteAsync(pipeline, Stage, lease.Id).AsTask().WaitAsync(Patience)).Settled);
    }
}
