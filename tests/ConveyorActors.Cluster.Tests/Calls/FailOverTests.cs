using System.Globalization;
using ConveyorActors.Actors;
using ConveyorActors.Cluster.Tests.Nodes;

namespace ConveyorActors.Cluster.Tests.Calls;

public class FailOverTests
{
    const string Pipeline = "orders",
        Stage = "s";

    const string NoticesDeath = "akka.cluster.failure-detector.acceptable-heartbeat-pause = 3 s",
        Role = "conveyor.cluster.role = pipelines";

    /// <summary>
    /// Every offer has its outcome, whether it was under way when the node died or not; what was acknowledged as
    /// written is there once, in order.
    /// </summary>
    [Theory]
    [InlineData(AckLevel.Persisted, 1, false)]
    [InlineData(AckLevel.Persisted, 20, false)]
    [InlineData(AckLevel.Buffered, 1, false)]
    [InlineData(AckLevel.Persisted, 20, true)]
    public async Task Nothing_acknowledged_is_lost_or_repeated_when_a_node_ends_abruptly(
        AckLevel ackLevel,
        int atOnce,
        bool isFromProgramWithoutPipelines
    )
    {
        await using var cluster = await TestCluster.StartAsync(
            3,
            $"{NoticesDeath}\n{Role}\nakka.cluster.roles = [pipelines]"
        );
        var program = isFromProgramWithoutPipelines
            ? await cluster.AddAsync(
                $"{NoticesDeath}\n{Role}\nakka.cluster.roles = [client]\nconveyor.persistence = off"
            )
            : null;
        await cluster[0]
            .Buffers.BufferForStageAsync(Pipeline, Stage, "first", new("0", new byte[] { 1 }), AckLevel.Persisted);
        var owner = cluster.OwnerOf(Pipeline)!;
        var client = (program ?? cluster.Nodes.First(n => n != owner)).Buffers;
        var (stop, number) = (false, 0);
        var acknowledged = new List<int>();
        var producing = Task.Run(async () =>
        {
            while (!Volatile.Read(ref stop))
            {
                var numbers = Enumerable.Range(number, atOnce).ToArray();
                number += atOnce;
                // Sent one after the other, without waiting: they keep that order.
                var offers = numbers
                    .Select(n =>
                        client
                            .BufferForStageAsync(
                                Pipeline,
                                Stage,
                                "a",
                                new(n.ToString(CultureInfo.InvariantCulture), new byte[] { 1 }),
                                ackLevel
                            )
                            .AsTask()
                    )
                    .ToArray();
                for (var i = 0; i < atOnce; i++)
                    if ((await offers[i].WaitAsync(Until.Patience)).Consumed == 1)
                        acknowledged.Add(numbers[i]);
            }
        });
        await Until.TrueAsync(() => Volatile.Read(ref number) > 5 * atOnce);
        Assert.True(client.IsDurable);
        await cluster.KillAsync(owner);
        await Until.TrueAsync(() => cluster.OwnerOf(Pipeline) is not null);
        var atMove = Volatile.Read(ref number);
        await Until.TrueAsync(() => producing.IsCompleted || Volatile.Read(ref number) > atMove + 5 * atOnce);
        Volatile.Write(ref stop, true);
        await producing.WaitAsync(Until.Patience);

        var seen = new List<int>();
        while (await client.GetBatchAsync(Pipeline, Stage, new(100)) is { Count: > 0 } batch)
        {
            seen.AddRange(
                batch
                    .Records.Where(r => r.SourceId == "a")
                    .Select(r => int.Parse(r.Record.Id, CultureInfo.InvariantCulture))
            );
            Assert.True((await client.CompleteAsync(Pipeline, Stage, batch.Id)).IsOk);
        }
        // What was acknowledged before it was written may be lost with its node: the last ones before the end.
        if (ackLevel == AckLevel.Persisted)
            Assert.Equal(acknowledged, seen);
        else
            Assert.Equal(seen.Order().Distinct(), seen);
        var snapshot = await client.GetSnapshotAsync(Pipeline);
        Assert.True(snapshot.Total.RecordsAreConserved && snapshot.Total.RoomIsConserved, snapshot.Total.ToString());
    }

    /// <summary>
    /// The next node does not know what the node that died has accepted. What counts is whether the nodes have a
    /// journal, not the setting of the program that offers.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_a_journal_an_offer_to_a_node_that_ends_abruptly_is_not_made_again(
        bool isFromProgramWithoutPipelines
    )
    {
        const string inMemory = $"{NoticesDeath}\n{Role}\nconveyor.persistence = off";
        await using var cluster = await TestCluster.StartAsync(2, $"{inMemory}\nakka.cluster.roles = [pipelines]");
        var program = isFromProgramWithoutPipelines
            ? await cluster.AddAsync($"{inMemory}\nakka.cluster.roles = [client]\nconveyor.persistence = on")
            : null;
        await cluster[0]
            .Buffers.ConfigureAsync(
                Pipeline,
                new()
                {
                    MaxPerStage = 1,
                    Stage = new() { FullMode = FullMode.Wait },
                }
            );
        await cluster[0].Buffers.BufferForStageAsync(Pipeline, Stage, "a", new("0", default));
        var owner = cluster.OwnerOf(Pipeline)!;
        var client = (program ?? cluster.Nodes.First(n => n != owner)).Buffers;
        var waiting = client.BufferForStageAsync(Pipeline, Stage, "a", new("1", default)).AsTask();
        await Until.TrueAsync(() =>
            owner
                .Buffers.GetSnapshotAsync(Pipeline)
                .AsTask()
                .GetAwaiter()
                .GetResult()
                .Stages.Any(s => s.WaitingOffers > 0)
        );
        Assert.False(client.IsDurable);

        await cluster.KillAsync(owner);

        var error = await Assert.ThrowsAsync<BufferServiceException>(() => waiting.WaitAsync(Until.Patience));
        Assert.Contains("Whether it was accepted there is not known", error.Message, StringComparison.Ordinal);
    }
}
