using ConveyorActors.Testing;

namespace ConveyorActors.Http.Tests.Faults;

/// <summary>Clients that vanish, crawl or talk nonsense.</summary>
public sealed class VanishingClientTests
{
    [Fact]
    public async Task Records_accepted_from_a_client_that_disconnects_stay_accepted()
    {
        await using var serving = await Serving.StartAsync();
        using (var client = await RawClient.ConnectAsync(serving))
        {
            await client.BeginChunksAsync();
            await client.SendChunkAsync("1\n2\n3\n4");
            await Within.ReachAsync(async () => (await serving.GetSnapshotAsync()).Total.Accepted == 3);
            client.Vanish();
        }

        await Serving.OkAsync(await serving.OfferAsync("5"));

        Assert.Equal(["1", "2", "3", "5"], await serving.WaitingAsync());
        Assert.True((await serving.GetSnapshotAsync()).IsConserved);
    }

    [Fact]
    public async Task Nothing_of_a_whole_body_is_accepted_if_the_client_disconnects()
    {
        await using var serving = await Serving.StartAsync();
        using (var client = await RawClient.ConnectAsync(serving))
        {
            await client.BeginChunksAsync("source=web&whole=true");
            await client.SendChunkAsync("1\n2\n3\n");
            client.Vanish();
        }

        await Serving.OkAsync(await serving.OfferAsync("5"));

        Assert.Equal(["5"], await serving.WaitingAsync());
    }

    [Fact]
    public async Task A_body_that_is_compressed_by_its_transfer_encoding_is_refused()
    {
        await using var serving = await Serving.StartAsync();
        using var client = await RawClient.ConnectAsync(serving);

        await client.SendAsync(
            "POST /v1/pipelines/orders/stages/parse/records?source=web HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
        );

        var reply = await client.ReadAsync("}");
        Assert.Contains(" 415 ", reply, StringComparison.Ordinal);
        Assert.Contains("it must be chunked; compression is Content-Encoding: gzip", reply, StringComparison.Ordinal);
        Assert.Empty(await serving.Service.GetPipelinesAsync());
    }

    [Fact]
    public async Task Records_of_an_unfinished_body_are_offered_as_they_arrive()
    {
        await using var serving = await Serving.StartAsync();
        using var client = await RawClient.ConnectAsync(serving);
        await client.BeginChunksAsync();

        for (var i = 1; i <= 3; i++)
        {
            await client.SendChunkAsync($"{i}\n");
            await Within.ReachAsync(async () => (await serving.WaitingAsync()).Length == i);
        }
        await client.SendAsync("0\r\n\r\n");

        Assert.Contains("\"accepted\":3", await client.ReadAsync("}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_arrives_too_slowly_is_ended_and_the_reply_tells_the_number_accepted()
    {
        var clock = new FakeClock();
        await using var serving = await Serving.StartAsync(api: new() { Clock = clock });
        using var client = await RawClient.ConnectAsync(serving);
        await client.BeginChunksAsync();
        await client.SendChunkAsync("1\n2");
        await Within.ReachAsync(async () => (await serving.GetSnapshotAsync()).Total.Accepted == 1);

        clock.Advance(TimeSpan.FromSeconds(100));
        var reply = await client.ReadAsync("}");

        Assert.StartsWith("HTTP/1.1 408", reply, StringComparison.Ordinal);
        Assert.Contains("\"accepted\":1", reply, StringComparison.Ordinal);
        Assert.True((await serving.GetSnapshotAsync()).IsConserved);
    }

    [Theory]
    [InlineData("5\r\n1\n2\n")]
    [InlineData("zz\r\n1\n\r\n0\r\n\r\n")]
    [InlineData("-1\r\n\r\n")]
    [InlineData("ffffffffffffffff\r\n1\n")]
    public async Task A_body_with_invalid_chunks_does_not_cause_a_server_error(string chunks)
    {
        await using var serving = await Serving.StartAsync();
        using var client = await RawClient.ConnectAsync(serving);
        await client.BeginChunksAsync(more: "Connection: close\r\n");
        await client.SendAsync(chunks);
        if (chunks.StartsWith('5'))
            client.Vanish();
        else
            Assert.DoesNotContain("HTTP/1.1 5", await client.ReadAsync(), StringComparison.Ordinal);

        await Serving.OkAsync(await serving.OfferAsync("9"));
        Assert.True((await serving.GetSnapshotAsync()).IsConserved);
    }

    [Theory]
    [InlineData("zz\r\n")]
    [InlineData("ffffffffffffffff\r\n")]
    public async Task A_wrong_chunk_after_good_ones_is_refused_with_the_number_accepted(string chunk)
    {
        await using var serving = await Serving.StartAsync();
        using var client = await RawClient.ConnectAsync(serving);
        await client.BeginChunksAsync(more: "Connection: close\r\n");
        await client.SendChunkAsync("1\n2\n");
        await Within.ReachAsync(async () => (await serving.GetSnapshotAsync()).Total.Accepted == 2);

        await client.SendAsync(chunk);
        var reply = await client.ReadAsync("}");

        Assert.StartsWith("HTTP/1.1 400", reply, StringComparison.Ordinal);
        Assert.Contains("\"accepted\":2", reply, StringComparison.Ordinal);
        Assert.Contains(
            "the body could not be read to its end; it must be complete, with valid HTTP chunks",
            reply,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Silent_and_invalid_connections_do_not_block_others()
    {
        await using var serving = await Serving.StartAsync();
        var random = new Random(1);
        var open = new List<RawClient>();
        for (var i = 0; i < 100; i++)
        {
            var client = await RawClient.ConnectAsync(serving);
            open.Add(client);
            if (i % 2 == 0)
                continue;
            var garbage = new byte[random.Next(1, 200)];
            random.NextBytes(garbage);
            try
            {
                await client.SendAsync(garbage);
            }
            catch (IOException) { }
        }

        await Serving.OkAsync(await serving.OfferAsync("1"));

        foreach (var client in open)
            client.Dispose();
        await Serving.OkAsync(await serving.OfferAsync("2"));
    }

    [Fact]
    public async Task Ten_thousand_sources_can_be_served_and_shown()
    {
        const int sources = 10_000;
        await using var serving = await Serving.StartAsync(new() { MaxPerStage = 20_000 });
        for (var i = 0; i < sources - 1; i++)
            await serving.Service.BufferForStageAsync("orders", "parse", $"source {i}", new("", new byte[10]));

        await Serving.OkAsync(await serving.OfferAsync("1", query: "source=last"));
        var listed = await Serving.OkAsync(await serving.Client.GetAsync("/v1/pipelines/orders/sources"));
        var metrics = await serving.Client.GetStringAsync("/metrics");
        var audit = await Serving.OkAsync(await serving.Client.GetAsync("/v1/audit"));

        Assert.Equal(sources, listed.Items("sources").Length);
        Assert.Contains("source=\"source 9998\"", metrics, StringComparison.Ordinal);
        Assert.True(audit.GetProperty("conserved").GetBoolean());
    }
}
