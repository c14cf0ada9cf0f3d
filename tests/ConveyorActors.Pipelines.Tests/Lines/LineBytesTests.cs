using System.Text;
using ConveyorActors.Pipelines.Lines;

namespace ConveyorActors.Pipelines.Tests.Lines;

public sealed class LineBytesTests
{
    [Fact]
    public void Copies_are_not_changed_by_later_copies()
    {
        var bytes = new LineBytes();
        var lines = Enumerable.Range(0, 5_000).Select(i => new string((char)('a' + i % 26), i * 7 % 4_000)).ToArray();

        var copies = lines.Select(l => bytes.Copy(Encoding.ASCII.GetBytes(l))).ToArray();

        Assert.Equal(lines, copies.Select(c => Encoding.ASCII.GetString(c.Span)));
    }
}
