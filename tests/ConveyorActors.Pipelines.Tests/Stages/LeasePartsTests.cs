using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Pipelines.Stages;

namespace ConveyorActors.Pipelines.Tests.Stages;

public sealed class LeasePartsTests
{
    [Fact]
    public void A_line_that_failed_before_is_retried_as_its_own_part() =>
        Assert.Equal([(0, 2), (2, 1), (3, 1)], PlanOf([0, 0, 1, 0], [4], mostBytes: 100));

    [Fact]
    public void A_part_does_not_cross_the_end_of_a_run_of_records() =>
        Assert.Equal([(0, 1), (1, 3)], PlanOf([0, 0, 0, 0], [1, 3], mostBytes: 100));

    [Fact]
    public void A_part_of_several_lines_is_limited_in_bytes_and_a_part_of_one_line_is_not() =>
        Assert.Equal([(0, 1), (1, 1), (2, 1)], PlanOf([0, 0, 0], [3], mostBytes: 3));

    [Fact]
    public void A_part_is_the_whole_lease_only_if_it_has_all_lines()
    {
        var parts = new LeaseParts(Lease([0, 0, 0]));
        Assert.True(parts.IsWhole(new(0, 3)));
        Assert.False(parts.IsWhole(new(0, 2)));
        Assert.Equal([2L, 3], parts.GetSequences(new(1, 2)));
        Assert.Equal((2, 4L), (parts.GetLines(new(1, 2)).Length, parts.CountBytes(new(1, 2))));
    }

    static List<(int Start, int Count)> PlanOf(int[] retries, int[] stretches, long mostBytes)
    {
        var parts = new LeaseParts(Lease(retries));
        parts.SplitLease(stretches, mostBytes);
        List<(int, int)> plan = [];
        while (parts.TryPop(out var part))
            plan.Add((part.Start, part.Count));
        return plan;
    }

    /// <summary>Makes a lease of records of two bytes each, retried so often.</summary>
    static LeasedBatch Lease(int[] retries) => new(1, "stage", default, Records(retries));

    static BufferedRecord<ConveyorRecord>[] Records(int[] retries) =>
        [
            .. retries.Select(
                (count, i) =>
                    new BufferedRecord<ConveyorRecord>(
                        new("", new byte[2]),
                        "source",
                        "run",
                        "stage",
                        RetryCount: count,
                        Sequence: i + 1
                    )
            ),
        ];
}
