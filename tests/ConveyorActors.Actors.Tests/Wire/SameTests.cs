using ConveyorActors.Actors.Protocol;
using ConveyorActors.Buffers;

namespace ConveyorActors.Actors.Tests.Wire;

public sealed class SameTests
{
    static readonly DateTimeOffset Noon = new(2031, 5, 17, 12, 0, 0, TimeSpan.Zero);

    static Enqueue Message(string payload = "abc", string header = "x", DateTimeOffset? at = null) =>
        new(
            new BufferTarget("p", "s", "a"),
            new ConveyorRecord("1", System.Text.Encoding.UTF8.GetBytes(payload))
            {
                Headers = new Dictionary<string, string> { ["h"] = header },
                EventTime = at ?? Noon,
            }
        );

    [Fact]
    public void Equal_content_is_the_same() => Assert.Null(Same.Difference(Message(), Message(), "m"));

    [Fact]
    public void Differences_deep_inside_are_found_and_named()
    {
        Assert.Equal("m.Record.Payload: 616263 became 61", Same.Difference(Message(), Message(payload: "a"), "m"));
        Assert.Equal("m.Record.Headers['h']: x became y", Same.Difference(Message(), Message(header: "y"), "m"));
        Assert.StartsWith(
            "m.Record.EventTime: ",
            Same.Difference(Message(), Message(at: Noon.ToOffset(TimeSpan.FromHours(2))), "m"),
            StringComparison.Ordinal
        );
        Assert.Equal("m: 2 elements became 1", Same.Difference(new[] { 1, 2 }, new[] { 1 }, "m"));
    }
}
