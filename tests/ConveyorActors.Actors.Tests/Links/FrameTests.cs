using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Links;

/// <summary>
/// Whatever is asked of a port to another node fits into remoting's frames, or is refused with its size and the
/// setting.
/// </summary>
public sealed class FrameTests : Nodes
{
    [Fact]
    public async Task Data_larger_than_a_frame_is_sent_in_parts_and_a_lease_is_cut_to_fit()
    {
        var server = Server();
        var port = Port(Create("caller"), AddressOf(server));
        await port.ConfigureAsync(
            Pipeline,
            new()
            {
                MaxPerSource = 10_000,
                Stage = new() { MaxRetries = 0 },
            }
        );

        var offered = await port.BufferBatchForStageAsync(Pipeline, Stage, Source, Make("r", 2_000, 600))
            .AsTask()
            .WaitAsync(Patience);
        Assert.Equal((OfferStatus.Accepted, 2_000, 2_000), (offered.Status, offered.Accepted, offered.Consumed));

        var first = await port.GetBatchAsync(Pipeline, Stage, new BatchRequest(256) { Wait = true, OneSource = true })
            .AsTask()
            .WaitAsync(Patience);
        Assert.InRange(first.Count, 1, 160);
        Assert.Equal("r1", first.Records[0].Record.Id);
        var hopped = await port.HopAsync(Pipeline, Stage, first.Id, null, "store", Make("s", 500, 600))
            .AsTask()
            .WaitAsync(Patience);
        Assert.Equal((SettleStatus.Ok, first.Count), (hopped.Status, hopped.Settled));
        Assert.Equal(500, (await port.PeekAsync(Pipeline, "store", 1_000)).Count);

        var second = await port.GetBatchAsync(Pipeline, Stage, new BatchRequest(256)).AsTask().WaitAsync(Patience);
        Assert.Equal($"r{first.Count + 1}", second.Records[0].Record.Id);
        Assert.All(second.Records, r => Assert.Equal(0, r.RetryCount));
        Assert.True((await port.DeadLetterAsync(Pipeline, Stage, second.Id, null, new string('x', 3_000))).IsOk);
        Assert.Equal(
            second.Count,
            (await port.GetDeadLettersAsync(Pipeline, Stage, 1_000).AsTask().WaitAsync(Patience)).Count
        );
        Assert.True((await port.GetSnapshotAsync(Pipeline)).IsConserved);
    }

    [Fact]
    public async Task A_snapshot_of_thousands_of_stages_and_sources_is_complete()
    {
        var server = Server();
        var port = Port(Create("caller"), AddressOf(server));
        await Task.WhenAll(
            Enumerable
                .Range(0, 2_000)
                .Select(i =>
                    port.BufferForStageAsync(Pipeline, $"stage {i}", $"source {i}", new("id", new byte[1])).AsTask()
                )
        );
        var snapshot = await port.GetSnapshotAsync(Pipeline);
        Assert.Equal((2_000, 2_000), (snapshot.Stages.Count, snapshot.Sources.Count));
        Assert.Equal(2_000, (await port.GetStagesWithDataAsync(Pipeline)).Count);
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(200_000)]
    [InlineData(5_000_000)]
    public async Task A_record_that_is_too_large_is_refused_with_its_size_and_the_setting(int bytes)
    {
        var server = Server();
        var port = Port(Create("caller"), AddressOf(server));
        var large = new ConveyorRecord("large", new byte[bytes]);
        AssertNamed(
            await Assert.ThrowsAsync<WireLimitException>(() =>
                port.BufferForStageAsync(Pipeline, Stage, Source, large).AsTask()
            )
        );
        AssertNamed(
            await Assert.ThrowsAsync<WireLimitException>(() =>
                port.BufferBatchForStageAsync(Pipeline, Stage, Source, new[] { large }).AsTask()
            )
        );

        // What lies before it is accepted, in order, as with every other refusal.
        var prefix = await port.BufferBatchForStageAsync(
            Pipeline,
            Stage,
            Source,
            new[] { new("a", new byte[1]), new("b", new byte[1]), large, new("c", new byte[1]) }
        );
        Assert.Equal((OfferStatus.TooLarge, 2, 2), (prefix.Status, prefix.Accepted, prefix.Consumed));
        var lease = await port.GetBatchAsync(Pipeline, Stage, new BatchRequest(1));
        AssertNamed(
            await Assert.ThrowsAsync<WireLimitException>(() =>
                port.HopAsync(Pipeline, Stage, lease.Id, null, "store", new[] { large }).AsTask()
            )
        );
        AssertNamed(
            await Assert.ThrowsAsync<WireLimitException>(() =>
                port.StartHopAsync(Pipeline, Stage, lease.Id, null, "store", new[] { large }).AsTask()
            )
        );
        Assert.True((await port.CompleteAsync(Pipeline, Stage, lease.Id)).IsOk); // nothing had changed

        void AssertNamed(Exception refused)
        {
            Assert.Contains("'large'", refused.Message);
            Assert.Contains($"{bytes}"[..3], refused.Message);
            Assert.Contains("conveyor.wire.max-batch-bytes is 96000", refused.Message);
        }
    }

    [Fact]
    public async Task A_record_too_large_for_a_remote_consumer_is_named_and_stays()
    {
        var server = Server();
        var port = Port(Create("caller"), AddressOf(server));
        await server.Service.BufferBatchForStageAsync(
            Pipeline,
            Stage,
            Source,
            new[] { new("small", new byte[1]), new ConveyorRecord("large", new byte[200_000]) }
        );
        var lease = await port.GetBatchAsync(Pipeline, Stage, new BatchRequest(10) { Wait = true })
            .AsTask()
            .WaitAsync(Patience);
        Assert.Equal("small", Assert.Single(lease.Records).Record.Id);
        await port.CompleteAsync(Pipeline, Stage, lease.Id);
        for (var round = 0; round < 3; round++)
        {
            var refused = await Assert.ThrowsAsync<WireLimitException>(() =>
                port.GetBatchAsync(Pipeline, Stage, new BatchRequest(10) { Wait = true }).AsTask().WaitAsync(Patience)
            );
            Assert.Contains(
                "Record 'large' of source 'web-1' in stage 'enrich' of pipeline 'shop' has 200",
                refused.Message
            );
            Assert.Contains("conveyor.wire.max-batch-bytes is 96000", refused.Message);
        }
        var local = await server.Service.GetBatchAsync(Pipeline, Stage, new BatchRequest(10));
        Assert.Equal((200_000, 0), (local.Records[0].Record.Payload.Length, local.Records[0].RetryCount));
    }

    [Fact]
    public async Task An_actor_on_another_node_gets_the_part_of_a_lease_that_fits()
    {
        var server = Server();
        var caller = Create("caller");
        Actors.Wire.ConveyorSerializer.Register((ExtendedActorSystem)caller);
        await server.Service.BufferBatchForStageAsync(Pipeline, Stage, Source, Make("r", 256, 600));
        var pipelines = caller.ActorSelection($"{AddressOf(server)}/user/conveyor/pipelines");
        var lease = await pipelines.Ask<Leased>(new GetBatch(Pipeline, Stage, new BatchRequest(256)), Patience);
        Assert.InRange(lease.Batch.Count, 100, 160);
    }

    [Fact]
    public async Task A_call_or_a_reply_larger_than_the_maximum_message_is_refused()
    {
        const string Small = "conveyor.wire.max-message-bytes = 100 KiB";
        var server = Server(more: Small);
        var port = Port(Create("caller", more: Small), AddressOf(server));
        Assert.Equal(
            1_000,
            (await port.BufferBatchForStageAsync(Pipeline, Stage, Source, Make("r", 1_000, 600))).Accepted
        ); // in several steps
        var lease = await port.GetBatchAsync(Pipeline, Stage, new BatchRequest(1));
        foreach (
            var call in new Func<Task>[]
            {
                () => port.HopAsync(Pipeline, Stage, lease.Id, null, "store", Make("s", 300, 600)).AsTask(),
                () => port.PeekAsync(Pipeline, Stage, 1_000).AsTask(),
            }
        )
            Assert.Contains(
                "conveyor.wire.max-message-bytes is 102400",
                (await Assert.ThrowsAsync<WireLimitException>(call)).Message
            );
        Assert.Equal(100, (await port.PeekAsync(Pipeline, Stage, 100)).Count);
    }

    [Theory]
    [InlineData("conveyor.wire.max-batch-bytes = 124 kB")]
    [InlineData("conveyor.wire.max-batch-bytes = 60 kB, akka.remote.dot-netty.tcp.maximum-frame-size = 50000b")]
    public void A_lease_part_size_that_does_not_fit_into_a_frame_stops_the_start(string more)
    {
        var system = Create("node", more: more);
        foreach (
            var start in new Action[]
            {
                () => ConveyorSystem.Get(system),
                () => Port(system, Address.Parse("akka.tcp://node@127.0.0.1:1")),
            }
        )
        {
            var refused = Assert.Throws<Akka.Configuration.ConfigurationException>(start);
            Assert.Contains("conveyor.wire.max-batch-bytes is ", refused.Message);
            Assert.Contains("akka.remote.dot-netty.tcp.maximum-frame-size is ", refused.Message);
        }
    }

    [Fact]
    public async Task A_larger_frame_carries_larger_records()
    {
        const string Large =
            "akka.remote.dot-netty.tcp { maximum-frame-size = 1000000b, send-buffer-size = 1000000b, receive-buffer-size = 1000000b }";
        var server = Server(more: Large);
        var port = Port(Create("caller", more: Large), AddressOf(server));
        Assert.True(
            (await port.BufferForStageAsync(Pipeline, Stage, Source, new("large", new byte[700_000]))).IsAccepted
        );
        Assert.Equal(
            700_000,
            (await port.GetBatchAsync(Pipeline, Stage, new BatchRequest(1))).Records[0].Record.Payload.Length
        );
    }
}
