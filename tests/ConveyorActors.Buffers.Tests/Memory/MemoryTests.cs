using Xunit.Abstractions;

namespace ConveyorActors.Buffers.Tests.Memory;

/// <summary>What a pending record costs beside itself: at most 96 bytes, however many there are.</summary>
[Collection(Tests.Manager.StressCollection.Name)]
public sealed class MemoryTests(ITestOutputHelper output)
{
    static readonly BufferSettings Settings = new()
    {
        MaxTotalRecords = 10_000_000,
        MaxPerStage = 10_000_000,
        MaxPerSource = 10_000_000,
    };

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(1_048_577)] // one more than a power of two: half of what was doubled is empty
    [InlineData(100_000)]
    [InlineData(131_073)]
    public void A_buffered_record_costs_at_most_96_bytes(int records)
    {
        var (manager, bytes) = Measure(() =>
        {
            var filled = new BufferManager<long>(Settings);
            for (var i = 0; i < records; i++)
                Assert.True(filled.BufferForStage("parse", "web", i).IsAccepted);
            return filled;
        });
        AssertCost(bytes, records);
        GC.KeepAlive(manager);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(1_025)]
    public void A_record_of_one_of_a_thousand_sources_costs_at_most_96_bytes(int perSource)
    {
        var sources = Enumerable.Range(0, 1_000).Select(s => $"source-{s}").ToArray();
        var (manager, bytes) = Measure(() =>
        {
            var filled = new BufferManager<long>(Settings);
            var batch = new long[perSource];
            foreach (var source in sources)
                filled.BufferBatchForStage("parse", source, batch);
            return filled;
        });
        AssertCost(bytes, perSource * sources.Length);
        GC.KeepAlive(manager);
    }

    [Theory]
    [InlineData(256)]
    [InlineData(257)] // one more than a power of two
    [InlineData(65_537)]
    public void A_record_in_flight_costs_at_most_96_bytes_besides_its_place_in_the_queue(int perLease)
    {
        const int Records = 524_288;
        var (held, bytes) = Measure(() =>
        {
            var manager = new BufferManager<long>(
                Settings with
                {
                    Stage = new() { LeaseOrder = LeaseOrder.Shared, LeaseTimeout = TimeSpan.FromHours(1) },
                }
            );
            for (var i = 0; i < Records; i++)
                manager.BufferForStage("parse", "web", i);
            var leases = new List<Lease<long>>();
            while (manager.GetBatch("parse", perLease) is { Count: > 0 } lease)
                leases.Add(lease);
            Assert.Equal(Records, manager.GetSnapshot().Total.InFlight);
            return (manager, leases);
        });
        // The line keeps its ring while it is in use: 32 bytes a record, less the 8 of the record itself.
        AssertCost(bytes - Records * 24L, Records);
        GC.KeepAlive(held);
    }

    [Fact]
    public void A_drained_queue_releases_its_memory_after_an_idle_time()
    {
        var clock = new Testing.FakeClock();
        var (manager, bytes) = Measure(() =>
        {
            var drained = new BufferManager<long>(
                Settings with
                {
                    Stage = new() { LeaseTimeout = TimeSpan.FromHours(1) },
                },
                new() { Clock = clock }
            );
            for (var i = 0; i < 300_000; i++)
                drained.BufferForStage("parse", "web", i);
            while (drained.GetBatch("parse", 256) is { Count: > 0 } lease)
                drained.Complete(lease);
            for (var minute = 0; minute < 12; minute++)
                clock.Advance(TimeSpan.FromMinutes(1));
            return drained;
        });
        output.WriteLine($"{bytes:N0} bytes are left");
        Assert.InRange(bytes, long.MinValue, 200_000);
        GC.KeepAlive(manager);
    }

    static (T Kept, long Bytes) Measure<T>(Func<T> fill)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var kept = fill();
        return (kept, GC.GetTotalMemory(forceFullCollection: true) - before);
    }

    void AssertCost(long bytes, int records)
    {
        var perRecord = (double)bytes / records - sizeof(long);
        output.WriteLine($"{perRecord:0.0} bytes per record beside the record");
        Assert.True(perRecord <= 96, $"{perRecord:0.0} bytes per record beside the record");
    }
}
