using System.Globalization;
using ConveyorActors.Actors;
using ConveyorActors.Cluster.Tests.Nodes;

namespace ConveyorActors.Cluster.Tests.Calls;

public class FailOverTests
{
    const string Pipeline = "orders", Stage = "s";

    [Fact]
    public async Task Nothing_acknowledged_is_lost_when_a_node_is_ended_abruptly()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        await cluster[0].Buffers.BufferForStageAsync(Pipeline, Stage, "first", new("0", new byte[] { 1 }), Receipt.Disk);
        var owner = cluster.OwnerOf(Pipeline)!;
        var client = cluster.Nodes.First(n => n != owner);
        var (stop, wasMoved) = (false, false);
        var acknowledged = new List<int>();
        var unknown = new HashSet<int>();
        var producing = Task.Run(async () =>
        {
            for (var number = 0; !Volatile.Read(ref stop);)
            {
                try
                {
                    var record = new ConveyorRecord(number.ToString(CultureInfo.InvariantCulture), new byte[] { 1 });
                    var result = await client.Buffers.BufferForStageAsync(Pipeline, Stage, "a", record, Receipt.Disk).AsTask().WaitAsync(Until.Patience);
                    if (result.Consumed == 0)
                    {
                        await Task.Delay(10);
                        continue;
                    }
                    acknowledged.Add(number++);
                    if (Volatile.Read(ref wasMoved) && acknowledged.Count > 20) return;
                }
                catch (BufferServiceException lost)
                {
                    Assert.Contains("not known", lost.Message);
                    unknown.Add(number);
                }
            }
        });
        await Task.Delay(100);
        await owner.KillAsync();
        await Until.TrueAsync(() => cluster.OwnerOf(Pipeline) is { } next && next != owner);
        Volatile.Write(ref wasMoved, true);
        try
        {
            await producing.WaitAsync(Until.Patience);
        }
        finally
        {
            Volatile.Write(ref stop, true);
        }
        var seen = new List<int>();
        while (await client.Buffers.GetBatchAsync(Pipeline, Stage, new(100)) is { Count: > 0 } batch)
        {
            seen.AddRange(batch.Records.Where(r => r.SourceId == "a").Select(r => int.Parse(r.Record.Id, CultureInfo.InvariantCulture)));
            Assert.True((await client.Buffers.CompleteAsync(Pipeline, Stage, batch.Id)).IsOk);
        }
        Assert.Equal(acknowledged, seen.Distinct());
        Assert.True(seen.Order().SequenceEqual(seen));
        Assert.All(seen.GroupBy(n => n).Where(g => g.Count() > 1), g => Assert.Contains(g.Key, unknown));
        var snapshot = await client.Buffers.SnapshotAsync(Pipeline);
        Assert.True(snapshot.Total.RecordsAreConserved && snapshot.Total.RoomIsConserved, snapshot.Total.ToString());
    }
}
