using System.Runtime.CompilerServices;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>
/// What the manager costs in memory. Not beside other tests, since the live bytes are those of the whole process.
/// </summary>
[Collection(nameof(ManagerMemoryTests))]
[CollectionDefinition(nameof(ManagerMemoryTests), DisableParallelization = true)]
public class ManagerMemoryTests
{
    const int Rounds = 2_000,
        BatchSize = 256;

    // Objects, so that what is measured is a reference in the buffer; the records themselves are the user's.
    static readonly object[] Records = [.. Enumerable.Range(0, BatchSize).Select(_ => new object())];

    [Theory]
    [InlineData("one by one")]
    [InlineData("in batches of 64")]
    [InlineData("through two stages")]
    public async Task The_steady_state_allocates_nothing_per_record(string path)
    {
        await using var manager = new BufferManager<object>();
        for (var i = 0; i < 50; i++)
            Round(manager, path);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
            Round(manager, path);
        var perBatch = (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds;

        // A lease and a hop are objects, each for many records; nothing is made for a record.
        Assert.True(perBatch < 2 * BatchSize, $"{perBatch} bytes for {BatchSize} records");
    }

    static void Round(BufferManager<object> manager, string path)
    {
        if (path == "in batches of 64")
            for (var i = 0; i < BatchSize; i += 64)
                manager.BufferBatchForStage("filter", "kafka-1", Records.AsSpan(i, 64));
        else
            foreach (var record in Records)
                manager.BufferForStage("filter", "kafka-1", record);
        var lease = manager.GetBatch("filter", BatchSize);
        if (lease.Count != BatchSize)
            throw new InvalidOperationException($"{lease.Count} records leased");
        if (path == "through two stages")
        {
            manager.Hop(lease, null, "enrich", Records);
            lease = manager.GetBatch("enrich", BatchSize);
        }

        manager.Complete(lease);
    }

    [Theory]
    [InlineData(200_000, 1)]
    [InlineData(200_000, 100)]
    [InlineData(132_000, 1)] // a little above a power of two, where buffers that double waste the most
    public async Task A_record_that_waits_costs_at_most_96_bytes(int count, int sources)
    {
        await using var manager = Manager(count);
        var perRecord = Measure(count, sources, manager, lease: false);
        Assert.True(perRecord <= 96, $"{perRecord:F1} bytes per record");
    }

    [Theory]
    [InlineData(200_000, 1)]
    [InlineData(200_000, 100)]
    public async Task A_record_in_flight_costs_at_most_96_bytes(int count, int sources)
    {
        await using var manager = Manager(count);
        var perRecord = Measure(count, sources, manager, lease: true);
        Assert.True(perRecord <= 96, $"{perRecord:F1} bytes per record");
    }

    static BufferManager<object> Manager(int count) =>
        new(
            new()
            {
                MaxTotalRecords = count,
                MaxPerStage = count,
                MaxPerSource = count,
                Stage = new() { LeaseOrder = LeaseOrder.Shared },
            }
        );

    static double Measure(int count, int sources, BufferManager<object> manager, bool lease)
    {
        var names = Enumerable.Range(0, sources).Select(i => $"kafka-{i}").ToArray();
        foreach (var name in names)
            manager.BufferForStage("filter", name, Records[0]);
        manager.Complete(manager.GetBatch("filter", sources));

        var before = Live();
        for (var i = 0; i < count; i++)
            if (!manager.BufferForStage("filter", names[i % sources], Records[0]).IsAccepted)
                throw new InvalidOperationException("refused");
        while (lease && manager.GetBatch("filter", BatchSize).Count > 0) { }
        return (Live() - before) / (double)count;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static long Live()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
