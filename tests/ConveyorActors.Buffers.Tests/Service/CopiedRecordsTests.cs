using System.Text.Json;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Tests.Service;

public sealed class CopiedRecordsTests : IDisposable
{
    readonly BufferManager<string> manager = new(
        new()
        {
            Stage = new() { MaxRetries = 3, Backoff = BackoffSettings.None },
        }
    );

    public void Dispose() => manager.Dispose();

    [Fact]
    public void The_copy_describes_each_record_as_the_lease_does()
    {
        var lease = LeaseOfTwoSourcesAndRetries();
        Assert.Equal([.. lease], new CopiedRecords<string>(lease));
        Assert.Equal(lease.Select(r => r.LeaseId), new CopiedRecords<string>(lease).Select(r => r.LeaseId));
    }

    [Fact]
    public void A_record_of_the_copy_is_the_same_by_index_and_by_enumeration()
    {
        var copy = new CopiedRecords<string>(LeaseOfTwoSourcesAndRetries());
        Assert.Equal(copy, Enumerable.Range(0, copy.Count).Select(i => copy[i]));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(6)]
    public void An_index_outside_the_copy_is_refused(int index)
    {
        var copy = new CopiedRecords<string>(LeaseOfTwoSourcesAndRetries());
        Assert.Equal(6, copy.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => copy[index]);
    }

    [Fact]
    public void The_copy_is_unchanged_when_the_lease_is_settled_and_its_memory_reused()
    {
        var lease = LeaseOfTwoSourcesAndRetries();
        BufferedRecord<string>[] before = [.. lease];
        var copy = new CopiedRecords<string>(lease);
        manager.Complete(lease);
        manager.BufferBatchForStage("parse", "web", ["later", "later still"]);
        manager.GetBatch("parse", 10);
        Assert.Equal(before, copy);
    }

    [Fact]
    public void A_copy_written_as_JSON_and_read_again_is_equal()
    {
        var copy = new CopiedRecords<string>(LeaseOfTwoSourcesAndRetries());
        var read = JsonSerializer.Deserialize<BufferedRecord<string>[]>(JsonSerializer.Serialize(copy))!;
        Assert.Equal(copy, new CopiedRecords<string>(read));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_000)]
    public void Records_with_identical_properties_cost_one_reference_each(int records)
    {
        manager.BufferBatchForStage("parse", "web", [.. Enumerable.Repeat("line", records)]);
        var lease = manager.GetBatch("parse", records);
        Assert.Equal(records, lease.Count);
        _ = new CopiedRecords<string>(lease);
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = new CopiedRecords<string>(lease);
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)records;
        Assert.True(each < 8.5 || records == 1, $"{each} bytes for each record");
    }

    /// <summary>A lease of six records: retried ones of one source, and new ones of two.</summary>
    Lease<string> LeaseOfTwoSourcesAndRetries()
    {
        manager.BufferBatchForStage("parse", "web", ["a", "b"]);
        manager.ReturnToBuffer(manager.GetBatch("parse", 2), "failed");
        manager.BufferBatchForStage("parse", "web", ["c"]);
        manager.BufferBatchForStage("parse", "mobile", ["d", "e", "f"]);
        var lease = manager.GetBatch("parse", 10);
        Assert.Equal([1, 1, 0, 0, 0, 0], lease.Select(r => r.RetryCount));
        return lease;
    }
}
