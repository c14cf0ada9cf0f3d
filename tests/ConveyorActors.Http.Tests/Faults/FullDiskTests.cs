using ConveyorActors.Storage;
using ConveyorActors.Storage.Tests.Disks;

namespace ConveyorActors.Http.Tests.Faults;

/// <summary>A server whose data directory is on a file system that is really full.</summary>
public sealed class FullDiskTests
{
    [SmallDiskFact]
    public async Task A_full_disk_gives_507_loses_nothing_and_writing_continues_when_there_is_room()
    {
        const string query = "source=web&ack=persisted&idField=id";
        var settings = new BufferSettings
        {
            MaxPerStage = 100_000,
            MaxPerSource = 100_000,
            Stage = new() { Duplicates = new() },
        };
        using var disk = new SmallDisk("16m");
        disk.Leave(8 << 20);
        var (acknowledged, sent) = (new List<string>(), 0);
        await using (var serving = await Serving.StartAsync(settings, stores: DataDirectory.Open(disk["data"])))
        {
            HttpResponseMessage reply;
            while ((reply = await serving.OfferAsync(Record(sent), query: query)).IsSuccessStatusCode)
                acknowledged.Add($"{sent++}");
            await Serving.ProblemAsync(reply, 507);
            Assert.NotNull(reply.Headers.RetryAfter);
            var whole = await serving.OfferAsync(Record(sent), query: $"{query}&whole=true");
            await Serving.ProblemAsync(whole, 507, "store-failing");
            var lease = (await serving.LeaseAsync(1)).Text("leaseId");
            var settled = await Serving.ProblemAsync(
                await serving.PostAsync($"/v1/leases/{lease}/complete?ack=persisted", "{}"),
                507,
                "store-failing"
            );
            Assert.Equal(1, settled.Number("settled"));
            Assert.NotEmpty(acknowledged);
            Assert.True((await serving.GetSnapshotAsync()).IsConserved);

            disk.MakeRoom();
            // The client does as it is told: it sends the same record again.
            await Within.ReachAsync(async () =>
                (await serving.OfferAsync(Record(sent), query: query)).IsSuccessStatusCode
            );
            acknowledged.Add($"{sent}");
        }
        await using var again = await Serving.StartAsync(settings, stores: DataDirectory.Open(disk["data"]));

        // The first record was completed, which was written when there was room.
        Assert.Equal(
            acknowledged.Skip(1),
            (await again.Service.PeekAsync("orders", "parse", 100_000)).Select(r => r.Record.Id)
        );
    }

    static string Record(int number) => $$"""{"id":"{{number}}","padding":"{{new string('x', 100_000)}}"}""";
}
