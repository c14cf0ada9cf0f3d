using System.Runtime.Serialization;
using System.Text;
using ConveyorActors.Cluster.Placing;

namespace ConveyorActors.Cluster.Tests.Placing;

public class PlacementSerializerTests
{
    readonly PlacementSerializer serializer = new(null!);

    [Fact]
    public void Messages_are_unchanged_after_a_round_trip()
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
    public void Settings_are_unchanged_after_a_round_trip()
    {
        var settings = new SettingsReply(new Dictionary<string, string> { ["shards"] = "12", ["role"] = "" });
        var read = (SettingsReply)serializer.FromBinary(serializer.ToBinary(settings), serializer.Manifest(settings));
        Assert.Equal(settings.Values, read.Values);
        Assert.Same(
            GetSettings.Instance,
            serializer.FromBinary(serializer.ToBinary(GetSettings.Instance), serializer.Manifest(GetSettings.Instance))
        );
    }

    [Fact]
    public void Names_that_differ_in_half_a_surrogate_pair_stay_distinct()
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
    [InlineData("settings/1", "a name without a value")]
    [InlineData("settings/1", "a\n1\na\n2")]
    [InlineData("System.Diagnostics.Process, System", "x")]
    public void Bytes_that_are_not_a_message_are_refused(string manifest, string text) =>
        Assert.Throws<SerializationException>(() => serializer.FromBinary(Encoding.UTF8.GetBytes(text), manifest));

    [Fact]
    public void Too_many_settings_are_refused() =>
        Assert.Throws<SerializationException>(() =>
            serializer.FromBinary(Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, 202))), "settings/1")
        );
}
