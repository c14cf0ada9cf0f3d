using ConveyorActors.Testing;

namespace ConveyorActors.Http.Tests.Faults;

/// <summary>Clients that send a request and take nothing of the reply.</summary>
public sealed class StalledReaderTests
{
    const int SmallBuffer = 4096;

    [Fact]
    public async Task A_reader_of_events_that_takes_nothing_is_disconnected()
    {
        var clock = new FakeClock();
        await using var serving = await Serving.StartAsync(api: new() { Clock = clock, MaxEventReaders = 1 });
        for (var stage = 0; stage < 500; stage++)
            await serving.Service.BufferForStageAsync(
                "orders",
                $"{new string('x', 150)} {stage}",
                "web",
                new("", "1"u8.ToArray())
            );
        using var stalled = await RawClient.ConnectAsync(serving, SmallBuffer);
        await stalled.SendAsync("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await Within.ReachAsync(async () => !await IsAdmittedAsync());

        // Each second of the clock is another event of 200 KB.
        await Within.ReachAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return IsAdmittedAsync();
        });

        async Task<bool> IsAdmittedAsync()
        {
            using var reply = await serving.Client.GetAsync("/v1/events", HttpCompletionOption.ResponseHeadersRead);
            return reply.StatusCode == HttpStatusCode.OK;
        }
    }

    [Fact]
    public async Task Records_of_a_lease_reply_that_is_not_taken_are_available_again_uncharged()
    {
        const int records = 16;
        var clock = new FakeClock();
        await using var serving = await Serving.StartAsync(api: new() { Clock = clock });
        for (var i = 0; i < records; i++)
            await serving.Service.BufferForStageAsync("orders", "parse", "web", new("", new byte[1 << 20]));
        using var stalled = await RawClient.ConnectAsync(serving, SmallBuffer);
        await stalled.SendAsync(
            "POST /v1/pipelines/orders/stages/parse/leases HTTP/1.1\r\nHost: localhost\r\nContent-Length: 21\r\n\r\n{\"timeoutMs\":3600000}"
        );
        await Within.ReachAsync(async () => (await serving.GetSnapshotAsync()).Total.InFlight == records);

        await Within.ReachAsync(async () =>
        {
            // 30 s, and 1 s for each 64 KiB
            clock.Advance(TimeSpan.FromSeconds(30 + 16 * records));
            return (await serving.GetSnapshotAsync()).Total.InFlight == 0;
        });

        var waiting = await serving.Service.PeekAsync("orders", "parse", records);
        Assert.Equal(records, waiting.Count);
        Assert.All(waiting, r => Assert.Equal(0, r.RetryCount));
        Assert.True((await serving.GetSnapshotAsync()).IsConserved);
    }
}
