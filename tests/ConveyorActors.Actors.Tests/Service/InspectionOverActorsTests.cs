using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Inspection;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Service;

/// <summary>
/// The commands of operators over actors: they know only the port, so they say there what they say of buffers in this
/// process.
/// </summary>
public sealed class InspectionOverActorsTests : ConveyorTestKit
{
    [Fact]
    public async Task Commands_reply_over_actors_as_they_reply_in_this_process()
    {
        await using var embedded = new EmbeddedBufferService(Clock);
        foreach (var service in new[] { Service, embedded })
        {
            await service.ConfigureAsync(
                Pipeline,
                new()
                {
                    MaxPerStage = 10,
                    MaxPerSource = 20,
                    MaxTotalRecords = 100,
                }
            );
            await service.BufferBatchForStageAsync(Pipeline, Stage, Source, MakeMany("r", 9));
        }
        Clock.Advance(TimeSpan.FromSeconds(5));
        var (here, there) = (new InspectionCore(embedded), new InspectionCore(Service));
        foreach (
            var line in new[]
            {
                "pipelines",
                "stages shop",
                "sources shop",
                "why shop web-1",
                "credits shop web-1 --stage enrich",
                "dead-letters list shop",
                "pause shop source web-1",
                "pause shop source web-2",
                "pause shop stage enrich",
                "pause shop stage enrich",
                "why shop web-1 --json",
                "sources shop --json",
                "resume shop stage enrich",
                "resume shop stage enirch",
                "limits show shop",
                "limits set shop --max-per-stage 5 --plan",
                "limits set shop --max-per-source 30",
                "limits show shop --json",
                "why shop nobody",
                "stages sohp",
                "drain shop --deadline 0",
            }
        )
            Assert.Equal((line, await here.RunAsync(line)), (line, await there.RunAsync(line)));
    }

    [Fact]
    public async Task Queries_and_resumes_over_actors_create_no_pipeline()
    {
        var core = new InspectionCore(Service);
        foreach (
            var line in new[]
            {
                "stages nothing",
                "why nothing x",
                "pause nothing source x",
                "resume nothing source x",
                "limits set nothing --max-per-stage 3",
            }
        )
            Assert.Equal(1, (await core.RunAsync(line)).ExitCode);
        Assert.False(await Service.ResumeAsync("nothing", HoldTarget.Source, "x"));
        Assert.Empty(await Service.GetPipelinesAsync());
    }
}
