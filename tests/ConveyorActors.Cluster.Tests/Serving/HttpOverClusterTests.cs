using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ConveyorActors.Cluster.Tests.Nodes;
using ConveyorActors.Http.Server;

namespace ConveyorActors.Cluster.Tests.Serving;

/// <summary>The HTTP API over a cluster: a server on one node serves the pipelines of all nodes.</summary>
public sealed class HttpOverClusterTests
{
    const int Count = 8,
        Records = 5;

    static readonly string[] Pipelines = [.. Enumerable.Range(0, Count).Select(i => $"orders-{i}")];

    [Fact]
    public async Task One_server_accepts_leases_and_completes_records_of_all_nodes()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        await using var server = await StartAsync(cluster[0]);
        using var client = Client(server);
        foreach (var pipeline in Pipelines)
            await OfferAsync(client, pipeline);
        Assert.All(cluster.Nodes, node => Assert.Contains(Pipelines, node.HasOpen));

        foreach (var pipeline in Pipelines)
        {
            Assert.Equal(2, await SettleAsync(client, pipeline, most: 2));
            var level = await LevelAsync(client, pipeline);
            Assert.Equal((Records, 2, Records - 2), level);
        }

        Assert.True((await ReadAsync(client, "/v1/audit")).GetProperty("conserved").GetBoolean());
        var listed = (await ReadAsync(client, "/v1/pipelines")).GetProperty("pipelines").EnumerateArray();
        Assert.Equal(Pipelines, listed.Select(p => p.GetProperty("pipeline").GetString()).Order());
    }

    [Fact]
    public async Task The_server_serves_the_records_of_a_node_that_has_left()
    {
        await using var cluster = await TestCluster.StartAsync(2);
        await using var server = await StartAsync(cluster[0]);
        using var client = Client(server);
        foreach (var pipeline in Pipelines)
            await OfferAsync(client, pipeline);
        var moving = Pipelines.Where(cluster[1].HasOpen).ToList();
        Assert.NotEmpty(moving);

        await cluster[1].LeaveAsync();

        foreach (var pipeline in Pipelines)
            Assert.Equal(Records, await SettleAsync(client, pipeline, most: 10));
        Assert.All(moving, pipeline => Assert.True(cluster[0].HasOpen(pipeline)));
        Assert.True((await ReadAsync(client, "/v1/audit")).GetProperty("conserved").GetBoolean());
    }

    static Task<ConveyorServer> StartAsync(ClusterNode node) =>
        ConveyorServer.StartAsync(node.Buffers, new ConveyorServerOptions { Listen = new(IPAddress.Loopback, 0) });

    static HttpClient Client(ConveyorServer server) =>
        new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server.Address, Timeout = Until.Patience };

    static async Task OfferAsync(HttpClient client, string pipeline)
    {
        var lines = string.Concat(Enumerable.Range(1, Records).Select(n => $"{{\"order\":{n}}}\n"));
        using var body = new StringContent(lines, Encoding.UTF8, "application/x-ndjson");
        using var reply = await client.PostAsync(
            $"/v1/pipelines/{pipeline}/stages/parse/records?source=web&ack=persisted",
            body
        );
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        Assert.Equal(Records, (await JsonOf(reply)).GetProperty("accepted").GetInt32());
    }

    /// <summary>Leases records and completes them. Returns how many were settled.</summary>
    static async Task<int> SettleAsync(HttpClient client, string pipeline, int most)
    {
        using var leased = await client.PostAsJsonAsync(
            $"/v1/pipelines/{pipeline}/stages/parse/leases",
            new { max = most, waitMs = 20_000 }
        );
        var lease = await JsonOf(leased);
        var texts = lease.GetProperty("records").EnumerateArray().Select(r => r.GetProperty("text").GetString());
        Assert.Equal(Enumerable.Range(1, Math.Min(most, Records)).Select(n => $"{{\"order\":{n}}}"), texts);
        using var reply = await client.PostAsync(
            $"/v1/leases/{lease.GetProperty("leaseId").GetString()}/complete",
            null
        );
        return (await JsonOf(reply)).GetProperty("settled").GetInt32();
    }

    static async Task<(long Offered, long Completed, long Pending)> LevelAsync(HttpClient client, string pipeline)
    {
        var counts = await ReadAsync(client, $"/v1/stats?pipeline={pipeline}");
        long Of(string name) => counts.GetProperty(name).GetInt64();
        return (Of("accepted"), Of("completed"), Of("pending"));
    }

    static async Task<JsonElement> ReadAsync(HttpClient client, string path)
    {
        using var reply = await client.GetAsync(path);
        return await JsonOf(reply);
    }

    static async Task<JsonElement> JsonOf(HttpResponseMessage reply)
    {
        var text = await reply.Content.ReadAsStringAsync();
        Assert.True(reply.IsSuccessStatusCode, $"{(int)reply.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement.Clone();
    }
}
