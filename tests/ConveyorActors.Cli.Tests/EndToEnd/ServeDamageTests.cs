using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Storage;
using ConveyorActors.Storage.Tests.Checking;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>The verb <c>serve</c> with a damaged data directory.</summary>
public sealed class ServeDamageTests : EndToEndTests
{
    [LinuxFact]
    public async Task A_record_found_to_be_damaged_when_it_is_read_is_shown_at_the_end()
    {
        var state = Path.Combine(Folder, "state");
        await using (var service = new EmbeddedBufferService(null, DataDirectory.Open(state)))
            await service.BufferBatchForStageAsync(
                "orders",
                "parse",
                "web",
                new ConveyorRecord[] { new("id-1", new byte[50]), new("id-2", new byte[50]) },
                AckLevel.Persisted
            );
        UndecodableRecord.Make(state, "id-2");
        using var served = await Served.StartAsync(Folder, "--data", "state", "--stop-deadline", "1ms");
        await served.PostAsync("/v1/pipelines/orders/stages/parse/leases", """{"max":10}""");

        served.Process.Signal("TERM");
        var result = await served.Process.EndAsync();

        Assert.Contains(
            "conveyor: state: grp 1: record 2 of source 'web' at stage 'parse' of pipeline 'orders' cannot be decoded: ",
            result.Error,
            StringComparison.Ordinal
        );
    }
}
