using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Tests.Inspection.Commands;

/// <summary>The pipelines that there are.</summary>
public sealed class PipelinesCommandTests : InspectedShop
{
    [Fact]
    public async Task Pipelines_are_listed_with_their_numbers()
    {
        await Prints(
            "pipelines",
            """
            PIPELINE  STATE    STAGES  SOURCES  BUFFERED  IN FLIGHT  GRANTED  USED  LIMIT  FILL  OLDEST SECONDS  REFUSED  COMPLETED  HOLDS
            orders    Running       2        2         6          1        0     7    100  0.07              20        0          0      0
            """
        );
    }

    [Fact]
    public async Task Every_number_of_a_pipeline_is_that_of_its_snapshot()
    {
        var row = (await Json("pipelines")).GetProperty("pipelines")[0];
        var level = (await Service.GetSnapshotAsync(Pipeline)).Total;
        Numbers.AreThoseOf(level, row);
        Assert.Equal(
            (2, 2, 0),
            (
                row.GetProperty("stages").GetInt32(),
                row.GetProperty("sources").GetInt32(),
                row.GetProperty("holds").GetInt32()
            )
        );
    }

    [Fact]
    public async Task A_server_without_pipelines_is_reported()
    {
        await using var nothing = new EmbeddedBufferService();
        Assert.Equal(
            "There are no pipelines.",
            (await new Buffers.Inspection.InspectionCore(nothing).RunAsync("pipelines")).Text
        );
    }
}
