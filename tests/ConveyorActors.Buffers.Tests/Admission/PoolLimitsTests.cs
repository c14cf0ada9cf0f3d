using ConveyorActors.Buffers.Admission;

namespace ConveyorActors.Buffers.Tests.Admission;

public sealed class PoolLimitsTests
{
    static readonly Watermarks Marks = new(0.5, 0.8);

    [Fact]
    public void The_fill_is_the_greater_of_records_and_bytes()
    {
        var limits = new PoolLimits(10, 100, Marks);
        Assert.Equal([0.5, 0.7, 0.5], new[] { limits.Fill(5, 30), limits.Fill(5, 70), limits.Fill(5, 50) });
        Assert.Equal(0.5, new PoolLimits(10, null, Marks).Fill(5, 1_000));
        Assert.Equal((10, 100L, Marks), (limits.Records, limits.Bytes, limits.Marks));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1_000)]
    public void A_zone_is_found_by_its_fill(int most)
    {
        var limits = new PoolLimits(most, null, Marks);
        for (var records = 0; records <= most + 1; records++)
        {
            var zone = limits.GetZone(records, 1_000_000);
            Assert.Equal(Marks.GetZone((double)records / most), zone.Zone);
            Assert.InRange(records, zone.From, zone.To - 1);
        }
        Assert.Equal(long.MaxValue, limits.GetZone(most, 0).To);
    }

    [Fact]
    public void Bytes_raise_the_zone_but_never_lower_it()
    {
        var limits = new PoolLimits(10, 100, Marks);
        Assert.Equal(Marks.GetZone(0.9), limits.GetZone(1, 90).Zone);
        Assert.Equal(Marks.GetZone(0.9), limits.GetZone(9, 10).Zone);
        Assert.Equal(Marks.GetZone(0.65), limits.GetZone(1, 65).Zone);
    }
}
