// DOCS: inspection usings
using ConveyorActors.Buffers.Inspection;
// END
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Tests.Docs;

public sealed class InspectionExamples
{
    [Fact]
    public async Task The_command_core_runs_as_in_the_document()
    {
        await using var service = new EmbeddedBufferService();
        await service.BufferForStageAsync("orders", "parse", "web", new("1", default));
        Assert.Equal(0, await Inspect(service));
    }

    static async Task<int> Inspect(IBufferService service)
    {
        // DOCS: inspection
        var inspection = new InspectionCore(service);
        InspectionReply reply = await inspection.RunAsync("why orders web");        // or RunAsync(["why", "orders", "web"])
        Console.WriteLine(reply.Text);                                              // a table, JSON, or one sentence that says what is wrong
        return reply.ExitCode;                                                      // 0: done; 1: it could not be done; 2: the command is wrong
        // END
    }
}
