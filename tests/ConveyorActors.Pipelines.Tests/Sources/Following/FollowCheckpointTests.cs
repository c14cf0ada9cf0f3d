using ConveyorActors.Pipelines.Sources;
using ConveyorActors.Pipelines.Sources.Following;

namespace ConveyorActors.Pipelines.Tests.Sources.Following;

public sealed class FollowCheckpointTests
{
    [Fact]
    public void A_checkpoint_is_unchanged_after_a_round_trip()
    {
        var random = new Random(7);
        for (var i = 0; i < 200; i++)
        {
            var checkpoint = new FollowCheckpoint(
                random.NextInt64(1L << 40),
                random.Next(2) == 0 ? null : "7.8.9",
                Place(random),
                [.. Enumerable.Range(0, random.Next(3)).Select(_ => Place(random))]
            );

            var read = FollowCheckpoint.Parse(checkpoint.ToString())!;

            Assert.Equal(
                (checkpoint.Base, checkpoint.Since, checkpoint.Current),
                (read.Base, read.Since, read.Current)
            );
            Assert.Equal(checkpoint.Earlier, read.Earlier);
            Assert.Equal(checkpoint.Current.Offset + 5, read.GetOffset(new(checkpoint.Base + 5, 0)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("x - 1 2 3 AA -")]
    [InlineData("-1 - 1 7 0 AA -")]
    [InlineData("1 - 1 7 0 AA")]
    [InlineData("1 - 1 7 0 AA 1 2")]
    [InlineData("1 - 1 7 9999999 AA -")]
    [InlineData("1 - 1 7 0 AA -\n")]
    public void An_invalid_checkpoint_is_reported(string text) => Assert.Null(FollowCheckpoint.Parse(text));

    static FollowedPlace Place(Random random)
    {
        var offset = random.Next(1 << 20);
        var mark = random.Next(2) == 0 ? null : new ReadMark(offset, Math.Min(offset, 4096), $"{random.Next():X}");
        return new(
            offset,
            new($"{random.Next()}.{random.Next()}.{random.Next()}", random.Next(4096), $"{random.Next():X}"),
            mark
        );
    }
}
