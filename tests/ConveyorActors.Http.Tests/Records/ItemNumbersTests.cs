using ConveyorActors.Http.Records;

namespace ConveyorActors.Http.Tests.Records;

/// <summary>The numbers of the lines that contain a batch's records.</summary>
public sealed class ItemNumbersTests
{
    [Fact]
    public void They_are_those_that_were_added()
    {
        var seed = Thoroughness.Seed("CONVEYOR_HTTP_SEED");
        var random = new Random(seed);
        var numbers = new ItemNumbers();
        var number = 0L;
        for (var batch = 0; batch < 20; batch++)
        {
            var added = new List<long>();
            for (var i = random.Next(30); i > 0; i--)
            {
                number += 1 + Math.Max(0, random.Next(6) - 3);
                numbers.Add(number);
                added.Add(number);
            }

            Assert.Equal(added.Count, numbers.Count);
            Assert.True(
                added.SequenceEqual(Enumerable.Range(0, added.Count).Select(i => numbers[i])),
                $"seed {seed}, batch {batch}"
            );
            numbers.Clear();
        }
    }
}
