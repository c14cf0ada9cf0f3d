using ConveyorActors.Pipelines.Stages;

namespace ConveyorActors.Pipelines.Tests.Stages;

public sealed class SequenceSetTests
{
    [Fact]
    public void Numbers_in_order_become_ranges() =>
        Assert.Equal([new(1, 4), new(7, 8), new(9, 11)], SequenceSet.ToRanges([1, 2, 3, 7, 9, 10]));

    [Fact]
    public void The_set_behaves_as_a_sorted_set_of_numbers()
    {
        const int most = 40;
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var round = 0; round < 300; round++)
        {
            var (set, model) = (new SequenceSet(), new SortedSet<long>());
            for (var step = 0; step < 60; step++)
            {
                long from = random.Next(most),
                    until = from + random.Next(1, 9);
                if (random.Next(2) == 0)
                {
                    set.Add(new(from, until));
                    for (var number = from; number < until; number++)
                        model.Add(number);
                }
                else
                {
                    set.Remove(new(from, until));
                    for (var number = from; number < until; number++)
                        model.Remove(number);
                }

                var (first, last) = (random.Next(most), random.Next(1, 9));
                SequenceSet.Range asked = new(first, first + last);
                var inside = model.GetViewBetween(asked.From, asked.Until - 1);
                Assert.True(set.Min == (model.Count > 0 ? model.Min : null), $"seed {seed}");
                Assert.True(set.HasAny(asked) == (inside.Count > 0), $"seed {seed}");
                Assert.True(set.ContainsAll(asked) == (inside.Count == last), $"seed {seed}");
                Assert.True(set.Contains(first) == model.Contains(first), $"seed {seed}");
            }
        }
    }
}
