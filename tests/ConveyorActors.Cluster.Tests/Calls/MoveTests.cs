using System.Globalization;
using ConveyorActors.Cluster.Tests.Nodes;

namespace ConveyorActors.Cluster.Tests.Calls;

public class MoveTests
{
    const string Pipeline = "orders",
        Stage = "s";

    static ConveyorRecord Record(int number) =>
        new(number.ToString(CultureInfo.InvariantCulture), new byte[] { 1, 2, 3 });

    /// <summary>Offers records one after the other, and returns how many were accepted.</summary>
    static async Task<int> ProduceAsync(IBufferService buffers, string source, Func<int, bool> goesOn)
    {
        var number = 0;
        while (goesOn(number))
        {
            var result = await buffers
                .BufferForStageAsync(Pipeline, Stage, source, Record(number), AckLevel.Persisted)
                .AsTask()
                .WaitAsync(Until.Patience);
            if (result.Consumed == 1)
                number++;
            else
                await Task.Delay(10);
        }
        return number;
    }

    static async Task<List<int>> ConsumeAllAsync(IBufferService buffers, string source)
    {
        var seen = new List<int>();
        while (true)
        {
            var batch = await buffers.GetBatchAsync(Pipeline, Stage, new(100)).AsTask().WaitAsync(Until.Patience);
            if (batch.Count == 0)
                return seen;
            Assert.All(batch.Records, r => Assert.Equal(0, r.RetryCount));
            seen.AddRange(
                batch
                    .Records.Where(r => r.SourceId == source)
                    .Select(r => int.Parse(r.Record.Id, CultureInfo.InvariantCulture))
            );
            Assert.True((await buffers.CompleteAsync(Pipeline, Stage, batch.Id)).IsOk);
        }
    }

    [Fact]
    public async Task Offers_during_a_graceful_move_are_accepted_once_and_in_order()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        await cluster[0].Buffers.BufferForStageAsync(Pipeline, Stage, "first", Record(0), AckLevel.Persisted);
        var owner = cluster.OwnerOf(Pipeline)!;
        var other = cluster.Nodes.First(n => n != owner);
        var stop = false;
        var producing = Task.Run(() => ProduceAsync(other.Buffers, "a", _ => !Volatile.Read(ref stop)));
        await Task.Delay(200);
        await owner.LeaveAsync();
        await Until.TrueAsync(() => cluster.OwnerOf(Pipeline) is { } next && next != owner);
        await Task.Delay(200);
        Volatile.Write(ref stop, true);
        var accepted = await producing.WaitAsync(Until.Patience);
        Assert.Equal(Enumerable.Range(0, accepted), await ConsumeAllAsync(other.Buffers, "a"));
    }

    [Fact]
    public async Task Waits_leases_and_signals_survive_a_graceful_move()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        await cluster[0].Buffers.BufferForStageAsync(Pipeline, Stage, "a", Record(0), AckLevel.Persisted);
        var owner = cluster.OwnerOf(Pipeline)!;
        var client = cluster.Nodes.First(n => n != owner).Buffers;
        var held = await client.GetBatchAsync(Pipeline, Stage, new(10));
        Assert.Equal(1, held.Count);
        var waiting = client.GetBatchAsync(Pipeline, "other", new(10) { Wait = true }).AsTask();
        using var ending = new CancellationTokenSource();
        var signals = client.SubscribeSignalsAsync(Pipeline, "a", ending.Token).GetAsyncEnumerator(ending.Token);
        Assert.True(await signals.MoveNextAsync().AsTask().WaitAsync(Until.Patience));
        Assert.False(signals.Current.IsHeld);

        await owner.LeaveAsync();

        // The move is seen as a pause, and then the signals are those of the next node.
        Assert.True(await signals.MoveNextAsync().AsTask().WaitAsync(Until.Patience));
        Assert.Equal(Buffers.Flow.BackpressureSignal.Pause, signals.Current);
        Assert.True(await signals.MoveNextAsync().AsTask().WaitAsync(Until.Patience));
        Assert.False(signals.Current.IsHeld);
        await ending.CancelAsync();

        // The lease has ended, uncharged, and says so.
        Assert.Equal(SettleStatus.UnknownLease, (await client.CompleteAsync(Pipeline, Stage, held.Id)).Status);
        var again = await client.GetBatchAsync(Pipeline, Stage, new(10));
        Assert.Equal(("0", 0), (again.Records[0].Record.Id, again.Records[0].RetryCount));

        // The wait goes on at the next node.
        Assert.False(waiting.IsCompleted);
        await client.BufferForStageAsync(Pipeline, "other", "a", Record(1), AckLevel.Persisted);
        Assert.Equal("1", Assert.Single((await waiting.WaitAsync(Until.Patience)).Records).Record.Id);
    }

    [Fact]
    public async Task Records_are_restored_without_a_call_after_a_full_restart()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        await cluster[0].Buffers.BufferForStageAsync(Pipeline, Stage, "a", Record(7), AckLevel.Persisted);
        await cluster[0].DisposeAsync();
        await using var next = new ClusterNode(cluster.Database);
        await next.JoinAsync(next);
        // Nobody asks for the pipeline: its entity is remembered.
        await Until.TrueAsync(() => next.HasOpen(Pipeline));
        Assert.Equal([Pipeline], await next.Buffers.GetPipelinesAsync());
        Assert.Equal("7", Assert.Single((await next.Buffers.GetBatchAsync(Pipeline, Stage, new(1))).Records).Record.Id);
    }
}
