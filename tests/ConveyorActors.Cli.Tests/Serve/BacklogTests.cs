using System.Net;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Buffers.Stores;
using ConveyorActors.Cli.Serve;
using ConveyorActors.Http.Server;
using ConveyorActors.Storage;

namespace ConveyorActors.Cli.Tests.Serve;

/// <summary>A server whose data directory has records from before.</summary>
public sealed class BacklogTests : EndToEnd.EndToEndTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_server_is_live_but_not_ready_while_a_backlog_loads()
    {
        await using (var before = new EmbeddedBufferService(null, DataDirectory.Open(Folder)))
            await before.BufferForStageAsync(
                "orders",
                "parse",
                "web",
                new ConveyorRecord("1", new byte[1]),
                AckLevel.Persisted
            );
        var stores = new GatedStores(DataDirectory.Open(Folder));
        await using var service = new EmbeddedBufferService(null, stores);
        await using var server = await ConveyorServer.StartAsync(
            service,
            new() { Listen = new(IPAddress.Loopback, 0) }
        );
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = server.Address,
            Timeout = Patience,
        };

        var loading = ServeSession.LoadAsync(service, stores.Pipelines, server.Readiness);
        await stores.Asked.WaitAsync(Patience);
        using var early = await client.GetAsync("/readyz");
        using var alive = await client.GetAsync("/healthz");
        stores.Open();
        await loading.WaitAsync(Patience);
        using var late = await client.GetAsync("/readyz");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);
        Assert.Contains(
            "the records of the data directory are being loaded",
            await early.Content.ReadAsStringAsync(),
            StringComparison.Ordinal
        );
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (alive.StatusCode, late.StatusCode));
        Assert.Single(await service.PeekAsync("orders", "parse", 10));
    }

    /// <summary>Stores that are not there until they are let go.</summary>
    sealed class GatedStores(DataDirectory inner) : IBufferStores
    {
        readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        readonly ManualResetEventSlim gate = new();

        /// <summary>Completes when a store is asked for.</summary>
        public Task Asked => asked.Task;

        public IReadOnlyList<string> Pipelines => inner.Pipelines;

        public void Open() => gate.Set();

        public IBufferStore<ConveyorRecord> GetStore(string pipeline)
        {
            asked.TrySetResult();
            Assert.True(gate.Wait(Patience), "it was never let go");
            return inner.GetStore(pipeline);
        }

        public async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            gate.Dispose();
        }
    }
}
