using ConveyorActors.Actors.Protocol;
using ConveyorActors.Actors.Service;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Actors.Tests.Links;

/// <summary>Connections are cut and nodes end, restart and die: nothing hangs, and nothing is left behind.</summary>
public sealed class EndOfNodesTests : Nodes
{
    [Fact]
    public async Task Repeatedly_cut_connections_lose_nothing()
    {
        const int Records = 1_000;
        await using var proxy = new CuttingProxy();
        var server = ServerBehind(proxy);
        var port = Port(Create("caller"), AddressOf(server));
        await server.Service.ConfigureAsync(
            Pipeline,
            new()
            {
                MaxPerStage = 100,
                Stage = new() { FullMode = FullMode.Wait, MaxRetries = 0 },
            }
        );
        var offering = Task.Run(async () =>
        {
            var records = Make("r", Records, 600);
            for (var i = 0; i < Records; )
                i += (
                    await port.BufferBatchForStageAsync(
                        Pipeline,
                        Stage,
                        Source,
                        records.AsMemory(i, Math.Min(50, Records - i))
                    )
                ).Consumed;
        });
        List<string> seen = [];
        var nextCut = 100;
        while (seen.Count < Records)
        {
            var lease = await port.GetBatchAsync(Pipeline, Stage, new BatchRequest(40) { Wait = true })
                .AsTask()
                .WaitAsync(Patience);
            seen.AddRange(lease.Records.Select(r => r.Record.Id));
            var settling = port.CompleteAsync(Pipeline, Stage, lease.Id).AsTask();
            if (seen.Count >= nextCut)
            {
                proxy.Cut();
                nextCut += 150;
            }
            Assert.Equal(lease.Count, (await settling.WaitAsync(Patience)).Settled);
        }
        await offering.WaitAsync(Patience);
        Assert.Equal(Enumerable.Range(1, Records).Select(i => $"r{i}"), seen);
        Assert.True((await server.Service.GetSnapshotAsync(Pipeline)).IsConserved);
    }

    [Fact]
    public async Task A_server_that_restarts_at_its_address_is_found_again()
    {
        var server = Server();
        var address = AddressOf(server);
        var caller = Create("caller");
        var byPath = Port(caller, address);
        var byReference = new ActorBufferService(
            caller,
            await caller.ActorSelection($"{address}/user/conveyor/pipelines").ResolveOne(Patience),
            Patience
        );
        foreach (var port in new[] { byPath, byReference })
        {
            await port.GetSnapshotAsync(Pipeline);
        }
        var waits = byPath.GetBatchAsync(Pipeline, Stage, new BatchRequest(1) { Wait = true }).AsTask();
        var signals = byPath.SubscribeSignalsAsync(Pipeline, Source).GetAsyncEnumerator();
        Assert.True(await signals.MoveNextAsync());
        await Eventually(server.Service, s => s.Stages.Any(x => x.WaitingConsumers == 1));
        await SystemOf(server).Terminate();

        await Assert.ThrowsAsync<BufferServiceException>(() => waits.WaitAsync(Patience));
        await Assert.ThrowsAsync<BufferServiceException>(() => signals.MoveNextAsync().AsTask().WaitAsync(Patience));
        Server(address.Port!.Value);
        foreach (var port in new[] { byPath, byReference })
        {
            Assert.True(
                (
                    await port.BufferForStageAsync(Pipeline, Stage, Source, new("r", new byte[1]))
                        .AsTask()
                        .WaitAsync(Patience)
                ).IsAccepted
            );
            var lease = await port.GetBatchAsync(Pipeline, Stage, new BatchRequest(1) { Wait = true })
                .AsTask()
                .WaitAsync(Patience);
            Assert.Equal(1, (await port.CompleteAsync(Pipeline, Stage, lease.Id).AsTask().WaitAsync(Patience)).Settled);
        }
        await byReference.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => byReference.GetSnapshotAsync(Pipeline).AsTask());
    }

    [Fact]
    public async Task An_unreachable_server_ends_waits_with_its_path_and_the_time()
    {
        var port = Port(Create("caller"), Address.Parse("akka.tcp://node@127.0.0.1:1"), TimeSpan.FromMilliseconds(200));
        var waits = port.GetBatchAsync(Pipeline, Stage, new BatchRequest(1) { Wait = true }).AsTask();
        var timedOut = await Assert.ThrowsAsync<NoReplyException>(() =>
            port.GetSnapshotAsync(Pipeline).AsTask().WaitAsync(Patience)
        );
        Assert.Contains(
            "GetSnapshot to pipeline 'shop' got no reply within 0.2 s. Whether it took effect is not known.",
            timedOut.Message
        );
        var ended = await Assert.ThrowsAsync<BufferServiceException>(() => waits.WaitAsync(Patience));
        Assert.Contains(
            "GetBatch to pipeline 'shop' got no reply: akka.tcp://node@127.0.0.1:1/user/conveyor/pipelines has sent nothing for 4 s",
            ended.Message
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_caller_that_ends_or_becomes_unreachable_leaves_nothing_behind(bool inOrder)
    {
        await using var proxy = new CuttingProxy();
        var server = ServerBehind(proxy);
        await server.Service.ConfigureAsync(
            Pipeline,
            new()
            {
                Stage = new() { LeaseTimeout = TimeSpan.FromHours(1), Backoff = BackoffSettings.None },
            }
        );
        await server.Service.BufferBatchForStageAsync(Pipeline, Stage, Source, Make("r", 5, 10));
        var caller = Create("caller", more: "akka.remote.dot-netty.tcp.public-port = 1"); // nobody can connect to it
        var port = Port(caller, AddressOf(server));
        Assert.Equal(3, (await port.GetBatchAsync(Pipeline, Stage, new BatchRequest(3))).Count);
        var waits = port.GetBatchAsync(Pipeline, "other", new BatchRequest(1) { Wait = true }).AsTask();
        await Eventually(server.Service, s => s.Stages.Any(x => x.WaitingConsumers == 1));
        if (inOrder)
            await caller.Terminate();
        else
        {
            proxy.Target = 1; // nobody is there
            proxy.Cut();
        }
        await Eventually(
            server.Service,
            s => s.Total is { InFlight: 0, Buffered: 5 } && s.Stages.All(x => x.WaitingConsumers == 0)
        );
        await Assert.ThrowsAsync<BufferServiceException>(() => waits.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_port_continues_after_the_removal_of_the_pipeline_it_used()
    {
        var server = Server(more: "conveyor.buffers.idle-after = 20 ms");
        var port = Port(Create("caller"), AddressOf(server));
        for (var round = 0; round < 3; round++)
        {
            Assert.True(
                (await port.BufferForStageAsync(Pipeline, Stage, Source, new($"r{round}", new byte[1]))).IsAccepted
            );
            var lease = await port.GetBatchAsync(Pipeline, Stage, new BatchRequest(1) { Wait = true });
            Assert.Equal(1, (await port.CompleteAsync(Pipeline, Stage, lease.Id)).Settled);
            using var patience = new CancellationTokenSource(Patience);
            while ((await port.GetPipelinesAsync(patience.Token)).Count > 0)
                Assert.Equal(0, (await port.GetSnapshotAsync(Pipeline, patience.Token)).Total.Pending);
        }
    }

    [Fact]
    public async Task Stopping_the_pipelines_actor_by_hand_ends_waits_and_later_calls_work()
    {
        var server = Server();
        var port = Port(Create("caller"), AddressOf(server));
        var waits = port.GetBatchAsync(Pipeline, Stage, new BatchRequest(1) { Wait = true }).AsTask();
        await Eventually(server.Service, s => s.Stages.Any(x => x.WaitingConsumers == 1));
        (await SystemOf(server).ActorSelection("/user/conveyor/pipelines").ResolveOne(Patience)).Tell(
            PoisonPill.Instance
        );
        await Assert.ThrowsAsync<BufferServiceException>(() => waits.WaitAsync(Patience));
        Assert.True(
            (
                await port.BufferForStageAsync(Pipeline, Stage, Source, new("r", new byte[1]))
                    .AsTask()
                    .WaitAsync(Patience)
            ).IsAccepted
        );
        var lease = await port.GetBatchAsync(Pipeline, Stage, new BatchRequest(1) { Wait = true })
            .AsTask()
            .WaitAsync(Patience);
        Assert.Equal(1, (await port.CompleteAsync(Pipeline, Stage, lease.Id).AsTask().WaitAsync(Patience)).Settled);
        Assert.True((await server.Service.GetSnapshotAsync(Pipeline)).IsConserved);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_server_that_stops_gracefully_reports_the_outcome_of_each_call(int seed)
    {
        const int Callers = 6;
        var server = Server();
        var caller = Create("caller");
        var path = caller.ActorOf(Props.Create(() => new LossyRelay(server.Pipelines, seed))).Path.ToString();
        await using var port =
            seed == 1 ? Port(caller, AddressOf(server)) : ActorBufferService.ForPath(caller, path, Patience);
        var accepted = 0;
        var offering = Enumerable
            .Range(0, Callers)
            .Select(number =>
                Task.Run(async () =>
                {
                    while (true)
                    {
                        try
                        {
                            var result = await port.BufferForStageAsync(
                                    Pipeline,
                                    Stage,
                                    $"{Source}-{number}",
                                    new("r", new byte[1])
                                )
                                .AsTask()
                                .WaitAsync(Patience);
                            if (result.Status == OfferStatus.Draining)
                                continue;
                            Assert.Equal(OfferStatus.Accepted, result.Status);
                            Interlocked.Increment(ref accepted);
                        }
                        catch (BufferServiceException ended)
                        {
                            Assert.True(
                                ended.Problem == Problem.NotNow
                                    && ended.Message.EndsWith("Nothing was done.", StringComparison.Ordinal),
                                ended.ToString()
                            );
                            return;
                        }
                    }
                })
            )
            .ToArray();
        var waits = port.GetBatchAsync(Pipeline, "other", new BatchRequest(1) { Wait = true }).AsTask();
        await Eventually(server.Service, s => s.Total.Accepted >= 100 && s.Stages.Any(x => x.WaitingConsumers == 1));

        var report = await server.StopAsync(TimeSpan.Zero).WaitAsync(Patience);

        await Task.WhenAll(offering).WaitAsync(Patience);
        Assert.Equal(report.Remaining, accepted);
        await Assert.ThrowsAsync<BufferServiceException>(() => waits.WaitAsync(Patience));
    }

    static ActorSystem SystemOf(ConveyorSystem server) => ((ActorRefWithCell)server.Pipelines).Underlying.System;

    ConveyorSystem ServerBehind(CuttingProxy proxy)
    {
        using (var free = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0))
        {
            free.Start();
            proxy.Target = ((System.Net.IPEndPoint)free.LocalEndpoint).Port;
        }
        return Server(proxy.Target, $"akka.remote.dot-netty.tcp.public-port = {proxy.Port}");
    }
}
