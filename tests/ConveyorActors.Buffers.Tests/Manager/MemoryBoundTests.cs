using ConveyorActors.Buffers.Manager;

namespace ConveyorActors.Buffers.Tests.Manager;

/// <summary>What records count towards the limit of those in memory.</summary>
public sealed class MemoryBoundTests
{
    [Fact]
    public void A_record_counts_as_its_own_bytes_and_128_more()
    {
        Assert.Equal(10 * (100 + 128), MemoryBound.CountBytes(10, averageBytes: 100));
        Assert.Equal(10, MemoryBound.CountRecords(10 * (100 + 128), averageBytes: 100));
    }
}
