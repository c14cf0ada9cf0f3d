using ConveyorActors.Testing.Faults;

namespace ConveyorActors.Testing.Tests.Faults;

/// <summary>Which calls fail is decided by the seed, and by nothing else.</summary>
public sealed class FaultPlanTests
{
    [Fact]
    public async Task The_same_seed_fails_the_same_calls()
    {
        Assert.Equal(await PlayAsync(seed: 7), await PlayAsync(seed: 7));
        Assert.NotEqual(await PlayAsync(seed: 7), await PlayAsync(seed: 8));
    }

    [Fact]
    public async Task A_seed_fails_the_same_calls_in_all_versions() =>
        // A seed that a user has written down must find the same faults again.
        Assert.Equal("a2 LostReply, a6 LostReply", string.Join(", ", (await PlayAsync(seed: 7)).Take(2)));

    [Fact]
    public async Task Other_sources_do_not_affect_a_source()
    {
        var alone = await PlayAsync(seed: 7);
        var together = await PlayAsync(seed: 7, others: 3);
        Assert.Equal(alone, together.Where(fault => fault.StartsWith('a')));
        Assert.True(together.Count > alone.Count);
    }

    [Theory]
    [InlineData(FaultKind.Delay)]
    [InlineData(FaultKind.Refusal)]
    [InlineData(FaultKind.LostReply)]
    [InlineData(FaultKind.Crash)]
    public async Task Faults_have_the_configured_frequency(FaultKind kind)
    {
        var clock = new FakeClock();
        await using var service = new FaultyBufferService(
            new EmbeddedBufferService(),
            new()
            {
                Seed = 1,
                DelayRate = kind == FaultKind.Delay ? 0.25 : 0,
                RefusalRate = kind == FaultKind.Refusal ? 0.25 : 0,
                LostReplyRate = kind == FaultKind.LostReply ? 0.25 : 0,
                CrashRate = kind == FaultKind.Crash ? 0.25 : 0,
            },
            clock
        );
        for (var i = 0; i < 1_000; i++)
            await OfferAsync(service, "a", clock);
        Assert.InRange(service.GetCount(kind), 200, 300);
        Assert.Equal(0, Enum.GetValues<FaultKind>().Where(k => k != kind).Sum(service.GetCount));
    }

    /// <summary>Offers 100 records of each source, and returns which of the offers failed, and how.</summary>
    static async Task<List<string>> PlayAsync(int seed, int others = 0)
    {
        await using var service = new FaultyBufferService(
            new EmbeddedBufferService(),
            new()
            {
                Seed = seed,
                RefusalRate = 0.1,
                LostReplyRate = 0.1,
            }
        );
        for (var i = 0; i < 100; i++)
        {
            await OfferAsync(service, "a");
            for (var other = 0; other < others; other++)
                await OfferAsync(service, $"b{other}");
        }
        return [.. service.Faults.Select(f => $"{f.Place["stage s, source ".Length..]}{f.Number} {f.Kind}")];
    }

    static async Task OfferAsync(FaultyBufferService service, string source, FakeClock? clock = null)
    {
        try
        {
            var offer = service.BufferForStageAsync("p", "s", source, new ConveyorRecord("", default)).AsTask();
            if (!offer.IsCompleted)
                clock!.Advance(TimeSpan.FromSeconds(1));
            await offer.WaitAsync(TimeSpan.FromSeconds(10));
        }
        catch (InjectedFaultException)
        {
            // It is in the list.
        }
    }
}
