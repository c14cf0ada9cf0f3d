using Akka.Configuration;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Tests.Pipelines;

public sealed class PipelineDirectoryTests
{
    readonly PipelineDirectory directory = new(
        ConveyorSettings.FromConfig(Config.Empty),
        TimeProvider.System,
        buffers => buffers,
        maxBytes: 100_000
    );

    [Fact]
    public void A_pipeline_is_not_removed_during_an_offer_to_it()
    {
        var context = directory.Open("p");
        Assert.True(context.UnderWay.TryBegin());
        Assert.False(directory.RemoveIfEmpty("p"));
        Assert.Same(context, directory.Find("p"));
        context.UnderWay.End();
        Assert.True(directory.RemoveIfEmpty("p"));
        Assert.Null(directory.Find("p"));
    }

    [Fact]
    public void An_offer_that_found_a_pipeline_before_its_removal_does_not_begin_after_it()
    {
        var context = directory.Open("p");
        Assert.True(directory.RemoveIfEmpty("p"));
        Assert.False(context.UnderWay.TryBegin());
    }

    [Fact]
    public async Task A_pipeline_that_holds_a_record_is_not_removed_and_accepts_more()
    {
        var context = directory.Open("p");
        await context.Buffers.BufferForStageAsync("p", "s", "a", new("1", default));
        Assert.False(directory.RemoveIfEmpty("p"));
        Assert.True(context.UnderWay.TryBegin());
    }
}
