using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Service;
using Xunit.Abstractions;

namespace ConveyorActors.Buffers.Tests.Memory;

/// <summary>
/// In the steady state nothing is allocated for a record. A lease or a hop of 256 may allocate an object or two of its
/// own.
/// </summary>
[Collection(Tests.Manager.StressCollection.Name)]
public sealed class AllocationTests(ITestOutputHelper output)
{
    const int Lease = 256,
        Rounds = 400;

    static readonly BufferSettings Settings = new()
    {
        MaxTotalRecords = 100_000,
        MaxPerStage = 100_000,
        MaxPerSource = 100_000,
        Stage = new() { Quantum = Lease },
    };

    int settled;

    [Fact]
    public void Offers_of_one_record_and_leases_of_256_allocate_nothing_per_record()
    {
        var manager = new BufferManager<string>(Settings);
        AssertBelow(
            2,
            () =>
            {
                for (var i = 0; i < Lease; i++)
                    manager.BufferForStage("parse", "web", "record");
                settled += manager.Complete(manager.GetBatch("parse", Lease)).Settled;
            }
        );
    }

    [Fact]
    public void Offers_of_64_allocate_nothing_per_record()
    {
        var manager = new BufferManager<string>(Settings, new() { SizeOf = null });
        var batch = Enumerable.Repeat("record", 64).ToArray();
        AssertBelow(
            2,
            () =>
            {
                for (var i = 0; i < Lease; i += batch.Length)
                    manager.BufferBatchForStage("parse", "web", batch);
                settled += manager.Complete(manager.GetBatch("parse", Lease)).Settled;
            }
        );
    }

    [Fact]
    public void Offers_with_sizes_and_limits_in_bytes_allocate_nothing_per_record()
    {
        var manager = new BufferManager<string>(
            Settings with
            {
                MaxTotalBytes = 10_000_000,
                MaxBytesPerStage = 10_000_000,
                MaxBytesPerSource = 10_000_000,
            },
            new() { SizeOf = static r => r.Length }
        );
        AssertBelow(
            2,
            () =>
            {
                for (var i = 0; i < Lease; i++)
                    manager.BufferForStage("parse", "web", "record");
                settled += manager.Complete(manager.GetBatch("parse", Lease)).Settled;
            }
        );
    }

    [Fact]
    public void Many_sources_and_stages_allocate_no_more()
    {
        var manager = new BufferManager<long>(Settings);
        var names = Enumerable.Range(0, 16).Select(i => $"name-{i}").ToArray();
        var round = 0;
        AssertBelow(
            2,
            () =>
            {
                var stage = names[round++ % 16];
                for (var i = 0; i < Lease; i++)
                    manager.BufferForStage(stage, names[i % 16], i);
                settled += manager.Complete(manager.GetBatch(stage, Lease)).Settled;
            }
        );
    }

    [Fact]
    public void A_hop_of_256_allocates_a_few_objects_and_nothing_per_record()
    {
        var manager = new BufferManager<string>(Settings);
        var results = Enumerable.Repeat("result", Lease).ToArray();
        AssertBelow(
            4,
            () =>
            {
                for (var i = 0; i < Lease; i++)
                    manager.BufferForStage("parse", "web", "record");
                var lease = manager.GetBatch("parse", new BatchRequest(Lease) { OneSource = true });
                manager.Hop(lease, null, "store", results);
                settled += manager.Complete(manager.GetBatch("store", Lease)).Settled;
            }
        );
    }

    [Fact]
    public void Refused_offers_allocate_nothing()
    {
        var manager = new BufferManager<long>(Settings with { MaxPerStage = 1 });
        manager.BufferForStage("parse", "web", 1);
        AssertBelow(
            0.1,
            () =>
            {
                for (var i = 0; i < Lease; i++)
                    if (!manager.BufferForStage("parse", "web", i).IsAccepted)
                        settled++;
            }
        );
    }

    [Fact]
    public void An_uncontended_gate_allocates_nothing()
    {
        var gate = new Gate();
        AssertBelow(
            0.01,
            () =>
            {
                for (var i = 0; i < Lease; i++)
                    using (gate.Pass())
                        settled++;
            }
        );
    }

    void AssertBelow(double most, Action round)
    {
        for (var i = 0; i < 50; i++)
            round();
        settled = 0;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
            round();
        var perRecord = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)(Rounds * Lease);
        Assert.Equal(Rounds * Lease, settled);
        output.WriteLine($"{perRecord:0.000} bytes per record");
        Assert.True(perRecord < most, $"{perRecord:0.000} bytes per record are allocated");
    }
}
