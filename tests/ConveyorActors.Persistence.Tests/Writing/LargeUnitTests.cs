using ConveyorActors.Persistence.Tests.Journals;

namespace ConveyorActors.Persistence.Tests.Writing;

/// <summary>Units that one event cannot carry, which are written in parts.</summary>
public sealed class LargeUnitTests : IDisposable
{
    const int Offers = 600;
    const string Pipeline = "p",
        Stage = "s";

    readonly SqliteDatabase database = new();

    public void Dispose() => database.Dispose();

    [Fact]
    public async Task The_parts_of_a_unit_are_adjacent_although_full_events_before_and_after_it_are_on_their_way()
    {
        await using var node = new JournalNode(database);
        var storage = node.Storage(s => s with { MaxEventBytes = 4_096 });
        List<string> offered = [];
        await using (var pipeline = await storage.OpenedAsync(Pipeline))
        {
            for (var offer = 0; offer < Offers; offer++)
            {
                // Every third offer is a unit of about three events. The others fill one event or two.
                var records = Enumerable
                    .Range(offered.Count, offer % 3 == 2 ? 10 : 3)
                    .Select(n => new ConveyorRecord($"{n}", new byte[1_000]))
                    .ToArray();
                offered.AddRange(records.Select(r => r.Id));
                var result = await pipeline.BufferBatchForStageAsync(Pipeline, Stage, "web", records);
                Assert.Equal(records.Length, result.Accepted);
            }
            Assert.True(await pipeline.FlushAsync(Pipeline));
        }

        await using var again = await storage.OpenedAsync(Pipeline);

        Assert.Equal(offered, (await again.PeekAsync(Pipeline, Stage, int.MaxValue)).Select(r => r.Record.Id));
    }
}
