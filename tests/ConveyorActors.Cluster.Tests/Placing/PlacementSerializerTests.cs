using System.Runtime.Serialization;
using System.Text;
using ConveyorActors.Cluster.Placing;

namespace ConveyorActors.Cluster.Tests.Placing;

public class PlacementSerializerTests
{
    readonly PlacementSerializer serializer = new(null!);

    [Fact]
    public void Messages_come_back_as_they_were()
    {
        foreach (
            object message in new object[]
            {
                new Locate("Aufträge / 1"),
                new Located("a b", "akka.tcp://s@host:1/user/conveyor/pipelines"),
            }
        )
            Assert.Equal(message, serializer.FromBinary(serializer.ToBinary(message), serializer.Manifest(message)));
    }

    [Fact]
    public void Names_that_differ_in_half_a_surrogate_pair_stay_apart()
    {
        foreach (var name in (string[])["a\uD800", "a\uD801", "\uDFFFa", "\uDBFF\uDFFF", "\uDBFF\uDFFF\uE000"])
        foreach (
            object message in new object[]
            {
                new Locate(name),
                new Located(name, "akka.tcp://s@host:1/user/conveyor/pipelines"),
            }
        )
            Assert.Equal(message, serializer.FromBinary(serializer.ToBinary(message), serializer.Manifest(message)));
    }

    [Theory]
    [InlineData("located/1", "no separator")]
    [InlineData("located/1", "")]
    [InlineData("System.Diagnostics.Process, System", "x")]
    public void What_is_no_message_is_refused(string manifest, string text) =>
        Assert.Throws<SerializationException>(() => serializer.FromBinary(Encoding.UTF8.GetBytes(text), manifest));
}
