using ConveyorActors.Buffers.Admission;

namespace ConveyorActors.Buffers.Tests.Admission;

public sealed class WatermarksTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.6, 0)]
    [InlineData(0.6000001, 1)]
    [InlineData(0.65, 1)]
    [InlineData(0.6500001, 2)]
    [InlineData(0.7, 2)]
    [InlineData(0.7000001, 3)]
    [InlineData(0.75, 3)]
    [InlineData(0.7500001, 4)]
    [InlineData(0.7999999, 4)]
    [InlineData(0.8, 5)]
    [InlineData(1.5, 5)]
    [InlineData(0.6 + 1e-9, 0)]
    [InlineData(0.8 - 1e-9, 5)]
    public void Each_fill_belongs_to_its_zone(double fill, int zone) =>
        Assert.Equal(zone, new Watermarks(0.6, 0.8).GetZone(fill));

    [Fact]
    public void A_fill_within_a_billionth_of_a_boundary_counts_as_the_boundary()
    {
        var marks = new Watermarks(0.6, 0.8);
        Assert.Equal(1_200_000_003, marks.GetZoneStart(1, 2_000_000_000));
        Assert.Equal(1_599_999_998, marks.GetZoneStart(5, 2_000_000_000));
    }

    [Fact]
    public void Boundaries_in_records_match_the_fills_for_any_limit_and_watermarks()
    {
        foreach (
            var marks in new Watermarks[]
            {
                new(0.6, 0.8),
                new(0.1, 0.3),
                new(0.5, 1),
                new(0.75, 0.76),
                new(0.33, 0.77),
            }
        )
        {
            foreach (var limit in (int[])[1, 2, 3, 5, 7, 10, 33, 100, 1_000, 4_999])
            {
                var limits = new PoolLimits(limit, null, marks);
                for (var used = 0; used <= limit + 1; used++)
                {
                    var zone = limits.GetZone(used, 0);
                    Assert.Equal((limit, used, marks.GetZone((double)used / limit)), (limit, used, zone.Zone));
                    Assert.True(zone.From <= used && used < zone.To);
                }
            }
        }
    }
}
